// The links of a run: how long a frame takes from one node to another now, or that it is lost. FIFO within
// a link, as a TCP connection is, whatever the delays drawn (memory-hub.ts).

import { type FaultPlan, isApart, type Partition } from "../faults/fault-plan.ts";
import type { Rng } from "./rng.ts";

/** Delay of a late frame in link delays, which is what makes TCP wait: a segment sent again. */
const STRAGGLER_FACTOR = 6;

export class Links {
  readonly #plan: FaultPlan;
  readonly #rng: Rng;
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #nowMs: () => number;
  readonly #active = new Set<Partition>();
  #healed = false;

  constructor(
    plan: FaultPlan,
    rng: Rng,
    world: { readonly nodeIds: readonly string[]; readonly nowMs: () => number },
  ) {
    this.#plan = plan;
    this.#rng = rng;
    this.#nowMs = world.nowMs;
    this.#indexOf = new Map(world.nodeIds.map((id, index) => [id, index]));
  }

  begin(partition: Partition): void {
    this.#active.add(partition);
  }

  end(partition: Partition): void {
    this.#active.delete(partition);
  }

  /** From now on nothing is lost and nothing is late. */
  heal(): void {
    this.#healed = true;
    this.#active.clear();
  }

  /** One-way delay in ms of a frame sent now; undefined: it is lost. */
  delayMs(from: string, to: string): number | undefined {
    const { delayMs, jitterMs, loss, straggle } = this.#plan;
    const usualMs = delayMs + this.#rng.next() * jitterMs;
    if (this.#healed) return usualMs;
    if (loss > 0 && this.#rng.chance(loss)) return undefined;
    if (this.#active.size > 0 && this.#isBlocked(from, to)) return undefined;
    return straggle > 0 && this.#rng.chance(straggle) ? usualMs * STRAGGLER_FACTOR : usualMs;
  }

  #isBlocked(from: string, to: string): boolean {
    const [a, b] = [this.#indexOf.get(from) ?? 0, this.#indexOf.get(to) ?? 0];
    for (const partition of this.#active) {
      const { flapMs, fromMs } = partition;
      const isOff = flapMs > 0 && Math.floor((this.#nowMs() - fromMs) / flapMs) % 2 === 1;
      if (!isOff && isApart(partition, a, b)) return true;
    }
    return false;
  }
}
