// Begins the last-sign state of a key that has signed nothing: once, when the key and its data directory
// are made (docs/adr/0015). Whoever calls this vouches for it, and for nothing else: a state that is there
// is never replaced, and chain data that shows a signature of the key is never passed over. Called by
// `timed init`, by `timed run --init`, and by the devnet.

import { equalBytes } from "../codec/bytes.ts";
import type { Height } from "../types/chain.ts";
import { type Disk, systemDisk } from "./disk.ts";
import {
  asidePath,
  keepAside,
  type Owner,
  readSignState,
  sameOwner,
  signStateMissing,
  writeSignState,
} from "./sign-state-file.ts";

export interface InitOptions extends Owner {
  readonly statePath: string;
  /** The highest height at which the chain data beside the state shows a signature of the key; 0 for none. */
  readonly seenHeight: Height;
  /** The caller's word that the key signed nothing above this height; absent: that it signed nothing. */
  readonly signedUpTo?: Height | undefined;
  readonly disk?: Disk;
}

/** begun: a new state. kept: there was one. lost: there was one that knows nothing, and it stays so. */
export type InitOutcome = "begun" | "kept" | "lost";

/** @throws CodedError SIGN_STATE_MISSING, SIGN_STATE_DAMAGED, SIGN_DISK. */
export function initSignState(options: InitOptions): InitOutcome {
  const { statePath, genesisHash, publicKey, seenHeight, signedUpTo, disk = systemDisk } = options;
  const own = { genesisHash, publicKey };
  const stored = readSignState(statePath, disk);
  const isOwn = stored !== undefined && sameOwner(stored, own);
  if (isOwn && stored.last !== "unknown") return "kept";
  if (isOwn && signedUpTo === undefined) return "lost";
  // The key comes back to a chain that it signed for before: its start takes that state up again.
  const earlier = readSignState(asidePath(statePath, own), disk);
  if (!isOwn && earlier !== undefined && sameOwner(earlier, own)) return "kept";
  const ofOtherKey = !isOwn && stored !== undefined && equalBytes(stored.genesisHash, genesisHash);
  const floor = signedUpTo ?? 0;
  if (seenHeight > floor || (ofOtherKey && signedUpTo === undefined)) {
    throw signStateMissing(statePath, ofOtherKey, seenHeight);
  }
  if (stored !== undefined && !isOwn) keepAside(statePath, stored, disk);
  const minHeight = Math.max(floor, isOwn ? stored.minHeight : 0);
  writeSignState(statePath, { ...own, minHeight, last: "none" }, disk);
  return "begun";
}
