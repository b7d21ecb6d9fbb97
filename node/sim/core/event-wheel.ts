// The virtual clock of a run: events in slots of one millisecond, a second ahead, each slot a chain in
// the order of (time, sequence number); what is further off waits in a heap. Nearly all frames and
// timers fall into the wheel, where putting in and taking out is a few steps whatever is under way.
// Invariant: the wheel holds exactly the times from `atSlot` on, SLOTS of them, that were put in as such;
// the earlier of the wheel's first and the heap's first comes next, so time never runs back.

import { invariant } from "../../src/types/errors.ts";
import { EventQueue, type Scheduled } from "../timing/event-queue.ts";

/** An event that can be chained: `next` belongs to the wheel while the event is in it. */
export interface Chained<E> extends Scheduled {
  next: E | undefined;
}

/** A power of two, so that a slot's place is a mask away. */
const SLOTS = 1024;
const LAST_SLOT = SLOTS - 1;
/** Copied as a whole, for a tenth of what filling takes. */
const EMPTY: readonly undefined[] = Array.from({ length: SLOTS }, () => undefined);

export class EventWheel<E extends Chained<E>> {
  private readonly slots: (E | undefined)[] = EMPTY.slice();
  private readonly far = new EventQueue<E>();
  /** In whole milliseconds, below 2^31: 24 days. No event in the wheel is earlier. */
  private atSlot = 0;
  private inWheel = 0;

  /** Puts in an event that is not earlier than the last one taken. */
  push(event: E): void {
    const slot = event.atMs | 0;
    if (slot >= this.atSlot + SLOTS) {
      this.far.push(event);
      return;
    }
    invariant(slot >= this.atSlot, "nothing is put in before the present");
    this.inWheel++;
    const place = slot & LAST_SLOT;
    const first = this.slots[place];
    if (first === undefined || event.atMs < first.atMs) {
      event.next = first;
      this.slots[place] = event;
      return;
    }
    // Later in sequence than all in the chain: behind those of the same time.
    let before = first;
    while (before.next !== undefined && before.next.atMs <= event.atMs) before = before.next;
    event.next = before.next;
    before.next = event;
  }

  /** The earliest event; undefined where there is none. */
  pop(): E | undefined {
    const far = this.far.first;
    const near = this.nextNear(far === undefined ? Infinity : far.atMs);
    if (near === undefined) return this.far.pop();
    if (
      far !== undefined &&
      (far.atMs < near.atMs || (far.atMs === near.atMs && far.seq < near.seq))
    )
      return this.far.pop();
    this.slots[this.atSlot & LAST_SLOT] = near.next;
    near.next = undefined;
    this.inWheel--;
    return near;
  }

  /** The wheel's first event, where it is not in a slot after `untilMs`; moves on to its slot. */
  private nextNear(untilMs: number): E | undefined {
    if (this.inWheel === 0) {
      if (untilMs !== Infinity) this.atSlot = untilMs | 0;
      return undefined;
    }
    while (this.atSlot <= untilMs) {
      const first = this.slots[this.atSlot & LAST_SLOT];
      if (first !== undefined) return first;
      this.atSlot++;
    }
    this.atSlot = untilMs | 0;
    return undefined;
  }
}
