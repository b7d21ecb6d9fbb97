// A map of at most so many entries: where it is full, the one that was added first makes room. What it drops
// may be asked for again, so nothing may depend on what is still there. Setting a known key keeps its place;
// deleting it first moves it to the end. For a few thousand entries: a Map looks past what it has deleted at
// its head, so a large one that drops with each entry takes lru-cache (crypto/verified-cache.ts).

export class BoundedMap<K, V> extends Map<K, V> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: K, value: V): this {
    if (!this.has(key) && this.size >= this.#most) {
      for (const oldest of this.keys()) {
        this.delete(oldest);
        break;
      }
    }
    return super.set(key, value);
  }
}
