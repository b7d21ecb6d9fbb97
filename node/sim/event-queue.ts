// The virtual clock: a binary heap by (time, sequence number). Time moves only when the next event is
// taken, and two events of one moment come out in the order in which they were put in.

export interface Scheduled {
  readonly atMs: number;
  readonly seq: number;
}

export class EventQueue<E extends Scheduled> {
  private readonly heap: E[] = [];

  get size(): number {
    return this.heap.length;
  }

  push(event: E): void {
    const { heap } = this;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(event, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = event;
  }

  /** The earliest event; undefined where the queue has drained. */
  pop(): E | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    const size = heap.length;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      const right = heap[child + 1];
      let smallest = heap[child];
      if (right !== undefined && smallest !== undefined && isBefore(right, smallest)) {
        smallest = right;
        child++;
      }
      if (smallest === undefined || !isBefore(smallest, last)) break;
      heap[place] = smallest;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

const isBefore = (a: Scheduled, b: Scheduled): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
