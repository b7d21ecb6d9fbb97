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
  /** What a link carries, in bytes a millisecond, or undefined: any number at once. */
  readonly bytesPerMs?: (from: string, to: string) => number | undefined;
  /** True: a frame may overtake an earlier one of its link. Default false. */
  readonly reorder?: boolean;
}

/** One way between two nodes, whichever link stands there. */
export interface Route {
  readonly from: string;
  readonly to: string;
  /** When the last frame arrives, to keep the order. */
  lastArrivalMs: number;
  /** When the last frame has left, where the link carries only so much. */
  freeAtMs: number;
}

export class MemoryHub {
  readonly scheduler: Scheduler;
  readonly #delayMs: NonNullable<MemoryHubOptions["delayMs"]>;
  readonly #bytesPerMs: NonNullable<MemoryHubOptions["bytesPerMs"]>;
  readonly #reorder: boolean;
  /** By address: a node that is stopped is not there. */
  readonly #listening = new Map<string, MemoryTransport>();
  /** By from, then by to. */
  readonly #routes = new Map<string, Map<string, Route>>();

  constructor(options: MemoryHubOptions) {
    this.scheduler = options.scheduler;
    this.#delayMs = options.delayMs ?? (() => 1);
    this.#bytesPerMs = options.bytesPerMs ?? (() => undefined);
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

  /** The one route of each pair: to be kept by whoever sends much. */
  route(from: string, to: string): Route {
    const routes = this.#routes.get(from) ?? new Map<string, Route>();
    const known = routes.get(to);
    if (known !== undefined) return known;
    const route = { from, to, lastArrivalMs: 0, freeAtMs: 0 };
    this.#routes.set(from, routes.set(to, route));
    return route;
  }

  /** Calls `arrive` once the frame has left and the link's delay is over; not at all where the hook loses it. */
  carry(route: Route, frame: Uint8Array | undefined, arrive: () => void): void {
    const delayMs = this.#delayMs(route.from, route.to, frame);
    if (delayMs === undefined) return;
    const nowMs = this.scheduler.monotonicMs();
    const leftMs = frame === undefined ? nowMs : this.#sentAtMs(route, frame.length);
    const arrivalMs = Math.max(leftMs + delayMs, this.#reorder ? 0 : route.lastArrivalMs);
    route.lastArrivalMs = arrivalMs;
    this.scheduler.startTimer(arrivalMs - nowMs, arrive);
  }

  /** When the last byte of a frame that is sent now leaves: after those that wait before it. */
  #sentAtMs(route: Route, sizeBytes: number): number {
    const nowMs = this.scheduler.monotonicMs();
    const bytesPerMs = this.#bytesPerMs(route.from, route.to);
    if (bytesPerMs === undefined) return nowMs;
    route.freeAtMs = Math.max(nowMs, route.freeAtMs) + sizeBytes / bytesPerMs;
    return route.freeAtMs;
  }
}
