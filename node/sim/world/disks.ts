// What a machine keeps beside its store: the write-ahead log and the sign state of its key, which is begun
// with the machine, as `timed init` does. They outlive its processes. Two ways to keep them: quick-disks.ts, lists in memory that obey the rules of both ports,
// for fast runs; and file-disks.ts, the production formats on a simulated disk, for whole runs.

import type { CrashKeeps } from "../../src/adapters/memory/memory-disk.ts";
import type { SignedPlace } from "../../src/adapters/sign-guard.ts";
import type { SigningKey } from "../../src/crypto/keys.ts";
import type { LastingSigner, Wal } from "../../src/ports.ts";
import type { Height } from "../../src/types/chain.ts";
import type { ProcessGate } from "./process-gate.ts";

/** EIO: every change fails. ENOSPC: half of a write is done, then it fails. */
export type DiskTrouble = "EIO" | "ENOSPC" | undefined;

/** What one process works with. */
export interface OpenDisks {
  readonly wal: Wal;
  readonly signer: LastingSigner;
}

/** `last`: what the key signed in blocks that stand when it begins. */
export type NewDisks = (
  key: SigningKey,
  genesisHash: Uint8Array,
  last: SignedPlace | undefined,
) => Disks;

export interface Disks {
  /** How changes fail now; undefined: they do not. */
  trouble: DiskTrouble;
  /** True: what is said to be durable is not, to see it found. */
  lies: boolean;
  /**
   * Opens both for a process; each change from then on is a point of its gate.
   * @param seen the highest height at which the chain data beside them shows a signature of the key.
   */
  open(gate: ProcessGate, seen: (wal: Wal) => Height): OpenDisks;
  /** Power off: what was not durable is lost, or kept as told. */
  crash(keeps: CrashKeeps): void;
  /** All of it is gone: a sign state that is missing was lost, and its key waits. */
  wipe(): void;
  /** All of it is gone, and somebody wrongly vouches for the key: it begins as if it had never signed. */
  renew(): void;
}
