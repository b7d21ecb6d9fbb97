// A list that is filled and emptied thousands of times: emptying keeps its room, where an array's own
// length would leave compiled code to be set. What stands behind the end is old and unreachable; it
// is kept from the collector until it is overwritten, so the list is for what is small and comes again.

export class ReusedList<T> {
  private readonly items: T[] = [];
  private used = 0;

  get length(): number {
    return this.used;
  }

  push(item: T): void {
    this.items[this.used++] = item;
  }

  /** Undefined from the end on. */
  at(place: number): T | undefined {
    return place < this.used ? this.items[place] : undefined;
  }

  /** The first of them as an array of their own. */
  first(count: number): readonly T[] {
    return this.items.slice(0, Math.min(count, this.used));
  }

  /** Keeps the first, forgets the rest. */
  truncate(count: number): void {
    this.used = Math.min(count, this.used);
  }
}
