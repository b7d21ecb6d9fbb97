// Where a process can die: before any operation that changes a disk, any frame it sends and around any
// block it writes. Passing is counted, so that a run can be repeated with a death at each point. What
// has died passes nothing any more: the stack that is unwinding touches the world no further.

import type { Disk } from "../../src/adapters/disk.ts";
import { MemoryDisk } from "../../src/adapters/memory/memory-disk.ts";

/** Thrown at the point where the process dies. */
export class ProcessDeath extends Error {
  constructor() {
    super("the simulated process dies here");
    this.name = "ProcessDeath";
  }
}

export type PointKind = "disk" | "send" | "store";

export class ProcessGate {
  #passed = 0;
  #dieAt = Infinity;
  #died = false;
  /** What was passed, in order, where it is recorded. */
  readonly trace: PointKind[] | undefined;

  constructor(trace?: PointKind[]) {
    this.trace = trace;
  }

  get died(): boolean {
    return this.#died;
  }

  /** Points passed so far. */
  get passed(): number {
    return this.#passed;
  }

  /** Dies at the point with this number, counted from the start of the process. */
  dieAt(point: number): void {
    this.#dieAt = point;
  }

  /** @throws ProcessDeath where the process dies, or has died. */
  pass(kind: PointKind): void {
    if (this.#died || this.#passed >= this.#dieAt) {
      this.#died = true;
      throw new ProcessDeath();
    }
    this.#passed++;
    this.trace?.push(kind);
  }
}

/** How a disk behaves: EIO fails every change, ENOSPC takes half of a write and then fails. */
export type DiskTrouble = "EIO" | "ENOSPC" | undefined;

/** A machine's disk: it outlives its processes, and can be in trouble. */
export class MachineDisk {
  readonly memory = new MemoryDisk();
  /** A planted bug: what is said to be durable is not. */
  lies = false;
  #trouble: DiskTrouble;

  get trouble(): DiskTrouble {
    return this.#trouble;
  }

  set trouble(trouble: DiskTrouble) {
    this.#trouble = trouble;
    this.memory.fill(trouble === "ENOSPC");
  }

  /** The disk as one process sees it: each change is a point of its gate. */
  forProcess(gate: ProcessGate): Disk {
    const { memory, lies } = this;
    const change = (): void => {
      gate.pass("disk");
      if (this.#trouble === "EIO")
        throw Object.assign(new Error("EIO: simulated"), { code: "EIO" });
    };
    return {
      read: (path) => memory.read(path),
      open: (path) => memory.open(path),
      close: (file) => memory.close(file),
      create(path) {
        change();
        return memory.create(path);
      },
      write(file, bytes, position) {
        change();
        memory.write(file, bytes, position);
      },
      truncate(file, sizeBytes) {
        change();
        memory.truncate(file, sizeBytes);
      },
      sync(file) {
        change();
        if (!lies) memory.sync(file);
      },
      rename(from, to) {
        change();
        memory.rename(from, to);
      },
      syncDirectory(path) {
        change();
        memory.syncDirectory(path);
      },
    };
  }
}
