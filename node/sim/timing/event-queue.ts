// The virtual clock: a binary heap by (time, sequence number). Time moves only when the next event is
// taken, and two events of one moment come out in the order in which they were put in. The times stand
// in a list of their own beside the events: comparing them is most of the work, and so they are read
// in a row instead of one object each.

export interface Scheduled {
  readonly atMs: number;
  readonly seq: number;
}

export class EventQueue<E extends Scheduled> {
  private readonly heap: E[] = [];
  /** By place in the heap: the event's time. */
  private readonly timesMs: number[] = [];

  get size(): number {
    return this.heap.length;
  }

  /** The earliest event, left where it is. */
  get first(): E | undefined {
    return this.heap[0];
  }

  push(event: E): void {
    const { heap, timesMs } = this;
    const { atMs } = event;
    let place = heap.length;
    heap.push(event);
    timesMs.push(atMs);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const parentMs = timesMs[parent] ?? 0;
      const above = heap[parent];
      if (above === undefined || parentMs < atMs) break;
      if (parentMs === atMs && above.seq < event.seq) break;
      heap[place] = above;
      timesMs[place] = parentMs;
      place = parent;
    }
    heap[place] = event;
    timesMs[place] = atMs;
  }

  /** The earliest event; undefined where the queue has drained. */
  pop(): E | undefined {
    const { heap, timesMs } = this;
    const first = heap[0];
    const last = heap.pop();
    const lastMs = timesMs.pop();
    if (first === undefined || last === undefined || lastMs === undefined) return first;
    if (heap.length > 0) this.sink(last, lastMs);
    return first;
  }

  /** Puts `event` in from the top, where a place is free. */
  private sink(event: E, atMs: number): void {
    const { heap, timesMs } = this;
    const size = heap.length;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isBefore(child + 1, child)) child++;
      const childMs = timesMs[child] ?? 0;
      const below = heap[child];
      if (below === undefined || childMs > atMs) break;
      if (childMs === atMs && below.seq > event.seq) break;
      heap[place] = below;
      timesMs[place] = childMs;
      place = child;
    }
    heap[place] = event;
    timesMs[place] = atMs;
  }

  private isBefore(a: number, b: number): boolean {
    const aMs = this.timesMs[a] ?? 0;
    const bMs = this.timesMs[b] ?? 0;
    return aMs < bMs || (aMs === bMs && (this.heap[a]?.seq ?? 0) < (this.heap[b]?.seq ?? 0));
  }
}
