// Log and sign state as production keeps them: the file formats of both, every byte of them, on a disk in
// memory that loses, tears, fills up and fails. Used by whole runs (modes/) and by the crash points.

import type { Disk } from "../../src/adapters/disk.ts";
import { guardKey } from "../../src/adapters/file-signer.ts";
import { openFileWal } from "../../src/adapters/file-wal.ts";
import { type CrashKeeps, MemoryDisk } from "../../src/adapters/memory/memory-disk.ts";
import type { SignedPlace } from "../../src/adapters/sign-guard.ts";
import { writeSignState } from "../../src/adapters/sign-state-file.ts";
import type { SigningKey } from "../../src/crypto/keys.ts";
import type { Wal } from "../../src/ports.ts";
import type { Height } from "../../src/types/chain.ts";
import type { Disks, DiskTrouble, OpenDisks } from "./disks.ts";
import type { ProcessGate } from "./process-gate.ts";

const WAL_PATH = "/data/wal";
const STATE_PATH = "/data/sign-state";

export class FileDisks implements Disks {
  lies = false;
  readonly #memory = new MemoryDisk();
  readonly #key: SigningKey;
  readonly #genesisHash: Uint8Array;
  #trouble: DiskTrouble;
  #forgot = false;

  /** @param last what the key signed in blocks that stand already. */
  constructor(key: SigningKey, genesisHash: Uint8Array, last: SignedPlace | undefined) {
    this.#key = key;
    this.#genesisHash = genesisHash;
    this.#begin(last);
  }

  get trouble(): DiskTrouble {
    return this.#trouble;
  }

  set trouble(trouble: DiskTrouble) {
    this.#trouble = trouble;
    this.#memory.fill(trouble === "ENOSPC");
  }

  open(gate: ProcessGate, seen: (wal: Wal) => Height): OpenDisks {
    const disk = this.#gated(gate);
    const genesisHash = this.#genesisHash;
    const wal = openFileWal({ path: WAL_PATH, genesisHash, disk });
    // The daemon's own check would refuse a key that was wrongly vouched for; here it starts all the same.
    const seenHeight = (): Height => (this.#forgot ? 0 : seen(wal));
    const signer = guardKey(this.#key, { statePath: STATE_PATH, genesisHash, seenHeight, disk });
    return { wal, signer };
  }

  crash(keeps: CrashKeeps): void {
    this.#memory.crash(keeps);
  }

  wipe(): void {
    this.#memory.remove(WAL_PATH);
    this.#memory.remove(STATE_PATH);
  }

  /** Another disk, which is in no trouble. */
  renew(): void {
    this.trouble = undefined;
    this.wipe();
    this.#forgot = true;
    this.#begin(undefined);
  }

  /** The sign state of a key that is vouched for: durable before anything runs. */
  #begin(last: SignedPlace | undefined): void {
    const owner = { genesisHash: this.#genesisHash, publicKey: this.#key.publicKey };
    const state = { ...owner, minHeight: 0, last: last ?? ("none" as const) };
    this.#memory.fill(false);
    writeSignState(STATE_PATH, state, this.#memory);
    this.#memory.fill(this.#trouble === "ENOSPC");
  }

  /** The disk as one process sees it: each change is a point of its gate. */
  #gated(gate: ProcessGate): Disk {
    const memory = this.#memory;
    const change = (): void => {
      gate.pass("disk");
      if (this.#trouble === "EIO")
        throw Object.assign(new Error("EIO: simulated"), { code: "EIO" });
    };
    return {
      read: (path) => memory.read(path),
      open: (path) => memory.open(path),
      close: (file) => memory.close(file),
      create: (path) => {
        change();
        return memory.create(path);
      },
      write: (file, bytes, position) => {
        change();
        memory.write(file, bytes, position);
      },
      truncate: (file, sizeBytes) => {
        change();
        memory.truncate(file, sizeBytes);
      },
      sync: (file) => {
        change();
        if (!this.lies) memory.sync(file);
      },
      rename: (from, to) => {
        change();
        memory.rename(from, to);
      },
      syncDirectory: (path) => {
        change();
        memory.syncDirectory(path);
      },
    };
  }
}
