// When the next height begins: a fixed cadence of empty blocks, or as soon as minBlockMs allows where
// transactions wait. Counted from the start of the last height, so that a slow height does not push all
// later ones back: what it took beyond its time is made up by the next one, which does not wait. No more
// than that: a chain that stood still does not run through empty blocks to catch up.
//
// What ends the wait early, so that validators begin together, and so that nobody drives the pace of empty
// blocks: a transaction in the own pool; a valid proposal of round 0 that holds one; votes of more than f
// power at this height (CoreView.othersPower), of which one is honest and began in time. An empty proposal does not,
// nor one of a later round, whoever made it. So two starts of the first honest validator lie at least
// emptyBlockIntervalMs apart where no transaction waits.
//
// Who began before the leader counts from the leader's start on, told by the block's stamp (Pace.received):
// it would otherwise stay early for ever and give up each round before its proposal comes. That moves the
// own start later only, and never beyond now. Called by the driver.

import type { Input } from "../../consensus/api.ts";
import type { CoreView } from "../../consensus/core-view.ts";
import type { Clock } from "../../ports.ts";
import type { UnixMs } from "../../types/chain.ts";
import type { ConsensusTimers } from "../core/timers.ts";

export interface PacingParams {
  readonly minBlockMs: number;
  readonly emptyBlockIntervalMs: number;
}

/** Milliseconds from now until the next height may start; `sinceStartMs` = age of the last start. */
export function startDelayMs(
  params: PacingParams,
  sinceStartMs: number,
  transactionsWait: boolean,
): number {
  const intervalMs = transactionsWait ? params.minBlockMs : params.emptyBlockIntervalMs;
  return Math.max(0, intervalMs - sinceStartMs);
}

export interface PaceParts {
  readonly clock: Pick<Clock, "nowMs" | "monotonicMs">;
  readonly pacing: PacingParams;
  readonly timers: Pick<ConsensusTimers, "waitsForHeight" | "hurry">;
  readonly core: Pick<CoreView, "round" | "step" | "othersPower" | "faultyPower">;
}

/** When the last height began here, on the monotonic clock, and so when the next one may. */
export class Pace {
  readonly #parts: PaceParts;
  #startedAtMs: number;

  constructor(parts: PaceParts) {
    this.#parts = parts;
    this.#startedAtMs = parts.clock.monotonicMs();
  }

  /** How long the height that is entered now has to wait. */
  delayMs(transactionsWait: boolean): number {
    const sinceStartMs = this.#parts.clock.monotonicMs() - this.#startedAtMs;
    return startDelayMs(this.#parts.pacing, sinceStartMs, transactionsWait);
  }

  /** A height begins now. */
  begun(): void {
    this.#startedAtMs = this.#parts.clock.monotonicMs();
  }

  /**
   * A height is decided, and `more` after it are with it. Where the last of them had not begun here, others
   * began it: the next one has its time, too.
   */
  decided(more: boolean): void {
    if (more || this.#parts.core.step === "newHeight") this.begun();
  }

  /** There is work: the height need not wait for its empty-block time. */
  hurry(): void {
    this.#parts.timers.hurry(this.delayMs(true));
  }

  /** A verified input from a peer that the core is about to take. */
  received(input: Input): void {
    const { round, step } = this.#parts.core;
    if (input.type !== "proposal" || !input.valid || round !== 0) return;
    const { proposal, block } = input.message;
    if (proposal.round !== 0) return;
    if (step !== "newHeight") this.#beganWith(block.header.timestampMs);
    else if (block.transactions.length > 0) this.hurry();
  }

  /** The core has taken an input that was news. */
  news(): void {
    const { timers, core } = this.#parts;
    // Of more than f power one is honest, and has begun.
    if (timers.waitsForHeight && core.othersPower > core.faultyPower) this.hurry();
  }

  /** The leader stamped its block as it began the height that has begun here, too. */
  #beganWith(stampMs: UnixMs): void {
    const { clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const stampedAtMs = nowMs - (clock.nowMs() - stampMs);
    this.#startedAtMs = Math.max(this.#startedAtMs, Math.min(stampedAtMs, nowMs));
  }
}
