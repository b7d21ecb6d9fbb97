// A network in memory: every MemoryTransport of one process meets here. Delivery is an event of the
// scheduler, after the delay that the link hook gives, so one seed is one order of events. A link is FIFO
// as a TCP connection is, unless the hook's delays are meant to reorder (reorder: true). Loss is of whole
// frames; a cut link ends on both sides.

import { invariant } from "../../types/errors.ts";
import type { MemoryTransport } from "./memory-transport.ts";

/** Where things happen later: the virtual clock's timers. */
export interface Scheduler {
  monotonicMs(): number;
  nowMs(): number;
  startTimer(delayMs: number, fire: () => void): { cancel(): void };
}

export interface MemoryHubOptions {
  readonly scheduler: Scheduler;
  /** One-way delay of a frame in ms, or undefined: it is lost. Also asked, with no frame, for a dial. */
  readonly delayMs?: (
    from: string,
    to: string,
    frame: Uint8Array | undefined,
  ) => number | undefined;
  /** True: a frame may overtake an earlier one of its link. Default false. */
  readonly reorder?: boolean;
}

export class MemoryHub {
  readonly scheduler: Scheduler;
  readonly #delayMs: NonNullable<MemoryHubOptions["delayMs"]>;
  readonly #reorder: boolean;
  /** By address: a node that is stopped is not there. */
  readonly #listening = new Map<string, MemoryTransport>();
  /** When the last frame arrives, by from and to, to keep the order. */
  readonly #lastArrivalMs = new Map<string, Map<string, number>>();

  constructor(options: MemoryHubOptions) {
    this.scheduler = options.scheduler;
    this.#delayMs = options.delayMs ?? (() => 1);
    this.#reorder = options.reorder ?? false;
  }

  attach(transport: MemoryTransport): void {
    invariant(!this.#listening.has(transport.address), "one transport an address");
    this.#listening.set(transport.address, transport);
  }

  detach(transport: MemoryTransport): void {
    if (this.#listening.get(transport.address) === transport) {
      this.#listening.delete(transport.address);
    }
  }

  at(address: string): MemoryTransport | undefined {
    return this.#listening.get(address);
  }

  /** Calls `arrive` after the link's delay; not at all where the hook loses it. */
  carry(
    route: { from: string; to: string },
    frame: Uint8Array | undefined,
    arrive: () => void,
  ): void {
    const delayMs = this.#delayMs(route.from, route.to, frame);
    if (delayMs === undefined) return;
    const nowMs = this.scheduler.monotonicMs();
    const last = this.#lastArrivalMs.get(route.from) ?? new Map<string, number>();
    const earliestMs = this.#reorder ? 0 : (last.get(route.to) ?? 0);
    const arrivalMs = Math.max(nowMs + delayMs, earliestMs);
    if (last.size === 0) this.#lastArrivalMs.set(route.from, last);
    last.set(route.to, arrivalMs);
    this.scheduler.startTimer(arrivalMs - nowMs, arrive);
  }
}
