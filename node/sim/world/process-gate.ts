// Where a process can die: before any operation that changes a disk, any frame it sends and around any
// block it writes. Passing is counted, so that a run can be repeated with a death at each point. What
// has died passes nothing any more: the stack that is unwinding touches the world no further.

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
