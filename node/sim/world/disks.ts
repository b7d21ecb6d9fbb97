// What a machine keeps beside its store: the write-ahead log and the sign state of its key. They outlive
// its processes. Two ways to keep them: quick-disks.ts, lists in memory that obey the rules of both ports,
// for fast runs; and file-disks.ts, the production formats on a simulated disk, for whole runs.

import type { CrashKeeps } from "../../src/adapters/memory/memory-disk.ts";
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

export interface Disks {
  /** How changes fail now; undefined: they do not. */
  trouble: DiskTrouble;
  /** True: what is said to be durable is not. A broken promise, to see it found. */
  lies: boolean;
  /**
   * Opens both for a process; each change from then on is a point of its gate.
   * @param seen the highest height at which the chain data beside them shows a signature of the key.
   */
  open(gate: ProcessGate, seen: (wal: Wal) => Height): OpenDisks;
  /** Power off: what was not durable is lost, or kept as told. */
  crash(keeps: CrashKeeps): void;
  /** Log and sign state are gone. */
  forget(): void;
}
