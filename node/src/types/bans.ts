// Who is refused, as an operator sees and changes it: the port that RPC, `time-cli` and the admin API
// call. The transport implements it (adapters/ws-transport/isolation). A ban names a node id or a
// range of addresses. All calls return at once; the list is written to disk a moment later.

import type { UnixMs } from "./chain.ts";
import type { Result } from "./errors.ts";

export interface Ban {
  /** A node id (40 hex digits), or a range of addresses in its one form: "10.1.2.0/24". */
  readonly target: string;
  readonly sinceMs: UnixMs;
  readonly untilMs: UnixMs;
  readonly reason: string;
  /** Only an operator's ban also holds for validators of the chain and for configured peers. */
  readonly by: "node" | "operator";
}

export interface Bans {
  /** Bans that hold now, the one that ends last first. At most MAX_BANS. */
  list(): readonly Ban[];
  /**
   * Bans by an operator's wish and closes the links that it covers. Takes the place of a ban of the
   * same target. `target` is a node id, an address or a range.
   */
  set(target: string, durationMs: number, reason: string): Result<Ban, BanRefusal>;
  /** Ends the ban of exactly this target; false where there is none. */
  lift(target: string): Result<boolean, "BAN_TARGET_INVALID">;
  /** Ends all bans and forgets all scores; how many bans ended. p2p.refuse of the configuration stays. */
  clear(): number;
}

export type BanRefusal = "BAN_TARGET_INVALID" | "BAN_DURATION_INVALID" | "BANS_FULL";

/** Bans of one node, those of operators included. */
export const MAX_BANS = 1_000;
export const MAX_BAN_REASON_CHARS = 200;
/** Ten years: an operator's "for ever". */
export const MAX_BAN_MS = 10 * 365 * 86_400_000;
