// Which chunks of a snapshot are still to come. Pure.

export class ChunkPlan {
  readonly #open: number[];
  readonly count: number;
  #done = 0;

  constructor(count: number) {
    this.count = count;
    this.#open = Array.from({ length: count }, (_, index) => index);
  }

  /** How many have come and were right. */
  get done(): number {
    return this.#done;
  }

  get isComplete(): boolean {
    return this.#done === this.count;
  }

  /** Takes out the next chunk that nobody has been asked for. */
  next(): number | undefined {
    return this.#open.shift();
  }

  /** It did not come, or was wrong: it is asked for again. */
  failed(index: number): void {
    this.#open.unshift(index);
  }

  came(): void {
    this.#done++;
  }
}
