// The judge of peers: adds up what they do wrong, ends links, bans. Each misdeed of a stranger counts for its
// node id, its address and its network, so that new keys and new addresses of one attacker do not begin at
// zero. What always holds:
// - A validator of the chain and a configured peer are never punished for load, only for what the driver has
//   proved (ban()), and then only by their id and for the time that the driver says.
// - Addresses inside the cluster's own ranges are never banned by the node itself.
// - An operator's ban holds for everybody.
// - What neighbours did makes a peer's own lies weigh more, and nothing else: who does not lie is not judged by
//   where it comes from, and a slow or a busy peer is not judged as a liar.
// Called by the transport; operators come in through the port Bans.

import type { Clock, Log, Metrics } from "../../../ports.ts";
import type { Ban, BanRefusal, Bans } from "../../../types/bans.ts";
import type { Result } from "../../../types/errors.ts";
import type { IpGroups } from "../ip-groups.ts";
import { BanList, type KeptBan } from "./ban-list.ts";
import { savedBans } from "./saved-bans.ts";
import { Scores } from "./scores.ts";

/** Whom a misdeed is charged to. */
export interface Suspect {
  readonly peerId: string;
  readonly ip: IpGroups;
  /** A validator of the chain, or a configured peer. */
  readonly isProtected: boolean;
}

/** A proven fault, which the driver counts; the score of a node id; that of an address or network. */
export type BanCause = "protocol" | "score" | "range";

export type Sentence = "none" | "disconnect" | "ban";

/** From here on the link of a node id is closed. */
const DISCONNECT_POINTS = 50;
/** From here on it is banned. An address needs three such node ids, a network three such addresses. */
export const BAN_POINTS = 100;
/** Each time a link is closed for its score. */
const RETURN_POINTS = 10;
/** A lie weighs up to so much where lies of the same group (/16, /32 of IPv6) have so many points each. */
const MAX_WEIGHT = 3;
const POINTS_A_WEIGHT = 50;
const ADDRESS_FACTOR = 3;
const NETWORK_FACTOR = 9;
/** Of the first ban; later ones grow (ban-list.ts). */
const FIRST_BAN_MS = 60_000;
const MAX_SCORES = 4_096;

export interface IsolationParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Where the bans outlive the process; undefined: they do not. */
  readonly path: string | undefined;
  /** Node ids that the configuration refuses for ever. */
  readonly refused: ReadonlySet<string>;
  /** The node has banned somebody by its own judgement. */
  readonly banned: (ban: Ban, cause: BanCause) => void;
  /** An operator has; links are to be closed. */
  readonly bannedByOperator: () => void;
}

export class Isolation implements Bans {
  readonly #parts: IsolationParts;
  readonly #bans = new BanList();
  readonly #scores = new Scores(MAX_SCORES);
  readonly #saved: ReturnType<typeof savedBans> | undefined;

  /** Reads the bans of earlier processes. */
  constructor(parts: IsolationParts) {
    this.#parts = parts;
    const { path, clock } = parts;
    if (path !== undefined) this.#saved = savedBans(path, () => this.#bans.kept(), parts);
    for (const ban of this.#saved?.restore() ?? []) this.#bans.restore(ban, clock.nowMs());
    this.gauge();
  }

  /** Charges load or bad manners to a peer; what is to become of its link. */
  penalise({ peerId, ip, isProtected }: Suspect, points: number, reason: string): Sentence {
    if (isProtected) return "none";
    this.penaliseAddress(ip, points, reason);
    const score = this.#scores.charge(peerId, points, this.#parts.clock.monotonicMs());
    if (score < DISCONNECT_POINTS) return "none";
    if (score < BAN_POINTS) {
      // Who comes back and goes on does not do so for long.
      this.#scores.charge(peerId, RETURN_POINTS, this.#parts.clock.monotonicMs());
      return "disconnect";
    }
    this.#strike(peerId, FIRST_BAN_MS, { reason, grows: true, cause: "score" });
    return "ban";
  }

  /**
   * Charges what no honest peer keeps doing. Its link ends with a ban only: else who lies would come back with
   * another key before it is banned.
   */
  accuse({ peerId, ip, isProtected }: Suspect, points: number, reason: string): Sentence {
    if (isProtected) return "none";
    const nowMs = this.#parts.clock.monotonicMs();
    const weight = this.#weightOf(ip);
    this.#lied(ip, points);
    this.penaliseAddress(ip, points, reason);
    if (this.#scores.charge(peerId, points * weight, nowMs) < BAN_POINTS) return "none";
    this.#strike(peerId, FIRST_BAN_MS, { reason, grows: true, cause: "score" });
    return "ban";
  }

  /** Bans for a proven fault: a stranger for `banMs` and longer each time, who is protected for `banMs`. */
  ban({ peerId, ip, isProtected }: Suspect, banMs: number, reason: string): void {
    if (!isProtected) {
      this.#lied(ip, BAN_POINTS);
      this.penaliseAddress(ip, BAN_POINTS, reason);
    }
    this.#strike(peerId, banMs, { reason, grows: !isProtected, cause: "protocol" });
  }

  /** Charges a connection that came to nothing, before it was known who it is. */
  penaliseAddress(ip: IpGroups, points: number, reason: string): void {
    if (ip.isCluster || ip.address === "") return;
    const levels = [
      [ip.address, ADDRESS_FACTOR],
      [ip.network, NETWORK_FACTOR],
    ] as const;
    for (const [range, factor] of levels) {
      const score = this.#scores.charge(range, points, this.#parts.clock.monotonicMs());
      if (score < BAN_POINTS * factor) continue;
      this.#strike(range, FIRST_BAN_MS, { reason, grows: true, cause: "range" });
    }
  }

  /** Points of a node id now: who has most is the first to make room. */
  scoreOf(peerId: string): number {
    return this.#scores.of(peerId, this.#parts.clock.monotonicMs());
  }

  /** Until when (wall clock) no link with the node is wanted, wherever it is. */
  nodeBannedUntil(peerId: string): number | undefined {
    if (this.#parts.refused.has(peerId)) return Infinity;
    return this.#bans.ofNode(peerId, this.#parts.clock.nowMs())?.untilMs;
  }

  /** Whether a link with this peer at this address is refused. */
  refuses({ peerId, ip, isProtected }: Suspect): boolean {
    if (this.nodeBannedUntil(peerId) !== undefined) return true;
    const ban = this.addressBan(ip);
    return ban !== undefined && (ban.by === "operator" || !isProtected);
  }

  /** The ban of an address, before it is known who comes from it. */
  addressBan(ip: IpGroups): Ban | undefined {
    const ban = this.#bans.ofAddress(ip.bytes, this.#parts.clock.nowMs());
    return ban?.by === "node" && ip.isCluster ? undefined : ban;
  }

  list(): readonly Ban[] {
    return this.#bans.list(this.#parts.clock.nowMs()).map(withoutStrikes);
  }

  set(target: string, durationMs: number, reason: string): Result<Ban, BanRefusal> {
    const result = this.#bans.set(target, durationMs, { reason, nowMs: this.#parts.clock.nowMs() });
    if (!result.ok) return result;
    this.#changed();
    this.#parts.bannedByOperator();
    return result;
  }

  lift(target: string): Result<boolean, "BAN_TARGET_INVALID"> {
    const lifted = this.#bans.lift(target);
    if (lifted.ok && lifted.value) {
      this.#scores.forget(target.toLowerCase());
      this.#changed();
    }
    return lifted;
  }

  clear(): number {
    const count = this.#bans.clear(this.#parts.clock.nowMs());
    this.#scores.clear();
    this.#changed();
    return count;
  }

  /** `done` when all is saved. */
  close(done: () => void): void {
    if (this.#saved === undefined) done();
    else this.#saved.close(done);
  }

  /** Bans end without an event, so the gauge is set again from time to time. */
  gauge(): void {
    this.#parts.metrics.gauge("p2p_bans", this.list().length);
  }

  /** How much a lie from this group of addresses weighs now. */
  #weightOf(ip: IpGroups): number {
    if (ip.isCluster || ip.address === "") return 1;
    const lies = this.#scores.of(liesOf(ip), this.#parts.clock.monotonicMs());
    return Math.min(MAX_WEIGHT, 1 + lies / POINTS_A_WEIGHT);
  }

  #lied(ip: IpGroups, points: number): void {
    if (ip.isCluster || ip.address === "") return;
    this.#scores.charge(liesOf(ip), points, this.#parts.clock.monotonicMs());
  }

  #strike(
    target: string,
    baseMs: number,
    told: { reason: string; grows: boolean; cause: BanCause },
  ): void {
    const nowMs = this.#parts.clock.nowMs();
    const ban = this.#bans.strike(target, baseMs, { ...told, nowMs });
    this.#scores.forget(target);
    if (ban !== undefined) this.#parts.banned(ban, told.cause);
    this.#changed();
  }

  #changed(): void {
    this.gauge();
    this.#saved?.changed();
  }
}

const liesOf = ({ group }: IpGroups): string => `lies of ${group}`;

function withoutStrikes({ target, sinceMs, untilMs, reason, by }: KeptBan): Ban {
  return { target, sinceMs, untilMs, reason, by };
}
