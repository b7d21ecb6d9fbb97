// The judgements behind the probes, as pure functions of /status. Readiness never asks for a quorum: a node
// that serves well must stay in its Service while others are down, or the network could never form again.
// Whether a stop is safe is judged by the power that signed lately.

import type { NodeStatus } from "./status-schema.ts";

/** A probe's answer: true, or false with the reason for a person. */
export interface Verdict {
  readonly ok: boolean;
  readonly reason: string;
}

const yes = (reason: string): Verdict => ({ ok: true, reason });
const no = (reason: string): Verdict => ({ ok: false, reason });

/** Below this power no fault can be held in reserve while one member stops. */
const RESERVE_FROM = 7;

/** Power that must be able to fail while this node is down. */
export const reserveOf = (totalPower: number): number => (totalPower < RESERVE_FROM ? 0 : 1);

/** Knows all blocks its peers have. */
export function caughtUp({ sync, height }: NodeStatus): Verdict {
  if (sync.joining !== null) return no(`joining by snapshot: ${sync.joining}`);
  if (sync.state === "caughtUp") return yes(`at height ${height}`);
  if (sync.state === "starting") return no("has not compared its height with its peers yet");
  return no(`at height ${height} of ${sync.targetHeight}`);
}

/** Serving and caught up. A validator that signs nothing serves all the same, and says so. */
export function ready(isStarted: boolean, status: NodeStatus): Verdict {
  if (!isStarted) return no("is still starting");
  if (status.draining) return no("is draining or stopping");
  const { ok, reason } = caughtUp(status);
  const { notSigning } = status.self;
  return { ok, reason: notSigning === null ? reason : `${reason}; signs nothing: ${notSigning}` };
}

/**
 * How old the last commit may be for its signers to count as present: two empty blocks and 3 s. The
 * operator's condition CommitsFresh uses the same bound.
 */
export const freshWithinMs = ({ emptyBlockIntervalMs }: NodeStatus): number =>
  2 * emptyBlockIntervalMs + 3_000;

/** Whether the others keep a quorum, and the reserve, without this node. */
export function safeToStop(status: NodeStatus, nowMs: number): Verdict {
  const { self, validators, lastCommitAtMs } = status;
  if (!self.validator) return yes("has no vote");
  if (lastCommitAtMs === null) return no("saw no commit since it started: cannot tell who signs");
  const ageMs = nowMs - lastCommitAtMs;
  if (ageMs > freshWithinMs(status)) {
    return no(`the last commit is ${Math.round(ageMs / 1000)} s old: cannot tell who signs`);
  }
  const isSigner = self.publicKey !== null && validators.signedRecently.includes(self.publicKey);
  const others = validators.signedRecentlyPower - (isSigner ? self.power : 0);
  const needed = validators.quorum + reserveOf(validators.total);
  const sum =
    `without it ${others} of ${validators.total} power sign, and ${needed} are needed ` +
    `(quorum ${validators.quorum}, reserve ${reserveOf(validators.total)})`;
  return others >= needed ? yes(sum) : no(sum);
}
