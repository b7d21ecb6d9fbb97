// The processor of one machine, or of several nodes that share one: so many cores, on which nodes run. A
// node has one thread and a queue of tasks; a task is one input of its driver (a frame, a timer, a
// finished write). The task's code runs at once, in no virtual time, and says as it goes what it costs:
//   spend: time on the core. Nobody else has the core meanwhile;
//   wait: time for a disk. The node does nothing meanwhile, the core is free for others.
// What leaves the node in the middle of a task leaves at `aheadMs` after the task's beginning. Then the
// next task begins, so frames queue before a busy node. Nodes that wait for a core get one in turn.
// Used by charged-ports.ts and network.ts.

import type { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";

interface Task {
  readonly work: () => void;
  /** Not begun before. */
  readonly readyMs: number;
}

/** What the time of a node went into. */
export const SPENT_ON = ["verify", "sign", "link", "handle", "disk"] as const;
export type SpentOn = (typeof SPENT_ON)[number];

export class Processor {
  readonly time: VirtualClock;
  #freeCores: number;
  readonly #waiting: Thread[] = [];

  constructor(time: VirtualClock, cores: number) {
    this.time = time;
    this.#freeCores = cores;
  }

  /** A thread that has work asks for a core. */
  ask(thread: Thread): void {
    this.#waiting.push(thread);
    this.#serve();
  }

  #serve(): void {
    while (this.#freeCores > 0) {
      const thread = this.#waiting.shift();
      if (thread === undefined) return;
      this.#freeCores--;
      const spentMs = thread.run();
      if (spentMs === 0) this.#release();
      else this.time.startTimer(spentMs, () => this.#freed());
    }
  }

  #freed(): void {
    this.#release();
    this.#serve();
  }

  #release(): void {
    this.#freeCores++;
  }
}

export class Thread {
  readonly #processor: Processor;
  /** First in, first out; those before #next are done. */
  #tasks: Task[] = [];
  #next = 0;
  #state: "idle" | "asking" | "running" = "idle";
  #spentMs = 0;
  #waitedMs = 0;
  /** All time spent so far, by what it was spent on. */
  readonly totalMs: Record<SpentOn, number> = { verify: 0, sign: 0, link: 0, handle: 0, disk: 0 };

  constructor(processor: Processor) {
    this.#processor = processor;
  }

  /** How far the task that runs has come: what it does now happens so long after its beginning. */
  get aheadMs(): number {
    return this.#spentMs + this.#waitedMs;
  }

  spend(on: SpentOn, us: number): void {
    this.#spentMs += us / 1_000;
    this.totalMs[on] += us / 1_000;
  }

  wait(ms: number): void {
    this.#waitedMs += ms;
  }

  /** @param readyMs the work is there at this time, in the future or now. */
  enqueue(work: () => void, readyMs = 0): void {
    this.#tasks.push({ work, readyMs });
    if (this.#state === "idle") this.#seek();
  }

  /** Runs the next task; the time that it spent on its core. Called by the processor. */
  run(): number {
    const task = this.#tasks[this.#next++];
    if (this.#next === this.#tasks.length) {
      this.#tasks = [];
      this.#next = 0;
    }
    this.#state = "running";
    task?.work();
    const spentMs = this.#spentMs;
    const tookMs = this.aheadMs;
    this.#spentMs = 0;
    this.#waitedMs = 0;
    if (tookMs === 0) this.#seek();
    else this.#processor.time.startTimer(tookMs, () => this.#seek());
    return spentMs;
  }

  #seek(): void {
    this.#state = "idle";
    const task = this.#tasks[this.#next];
    if (task === undefined) return;
    this.#state = "asking";
    const { time } = this.#processor;
    const inMs = task.readyMs - time.monotonicMs();
    if (inMs > 0) time.startTimer(inMs, () => this.#processor.ask(this));
    else this.#processor.ask(this);
  }
}
