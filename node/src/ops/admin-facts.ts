// What the admin API may see and change of a running node. The daemon implements it.

import type { Bans } from "../types/bans.ts";
import type { Result } from "../types/errors.ts";
import type { LogLevel } from "../types/log-level.ts";

export interface AdminPeer {
  readonly id: string;
  readonly address: string;
  /** What bans of addresses look at. */
  readonly linkIp?: string | undefined;
  readonly role: "validator" | "full";
  readonly inbound: boolean;
  readonly connectedAtMs: number;
}

/** What a reload of the configuration did: keys by their dotted paths. */
export interface Reloaded {
  readonly applied: readonly string[];
  /** Changed in the configuration, and used from the next start on. */
  readonly needRestart: readonly string[];
}

export interface AdminFacts {
  readonly bans: Bans;
  logLevel(): LogLevel;
  setLogLevel(level: LogLevel): void;
  peers(): readonly AdminPeer[];
  /** Tries an address, "nodeId@host:port", as if another node had told of it. */
  addPeer(address: string): Result<string>;
  /** Ends the link; false where there is none. It may come back: a ban keeps it away. */
  dropPeer(id: string): boolean;
  isDraining(): boolean;
  /** A draining node is not ready, and serves and signs as before. */
  setDraining(isDraining: boolean): void;
  /** Reads the configuration again and applies what can be applied to a running node. */
  reload(): Result<Reloaded>;
}
