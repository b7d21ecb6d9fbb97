// What peers have done wrong lately, in points: by node id, by address or by network. Points halve every
// ten minutes, so a fault is forgiven in time and a habit is not. Bounded: beyond maxKeys the key that was
// charged longest ago is forgotten. Pure; the caller brings the time.

import { BoundedMap } from "../../../types/bounded-map.ts";

const HALF_LIFE_MS = 600_000;

interface Score {
  readonly points: number;
  readonly atMs: number;
}

export class Scores {
  /** In the order of the last charge. */
  readonly #scores: BoundedMap<string, Score>;

  constructor(maxKeys: number) {
    this.#scores = new BoundedMap(maxKeys);
  }

  /** Adds points; what the key has now. */
  charge(key: string, points: number, nowMs: number): number {
    const total = this.of(key, nowMs) + points;
    this.#scores.delete(key);
    this.#scores.set(key, { points: total, atMs: nowMs });
    return total;
  }

  of(key: string, nowMs: number): number {
    const score = this.#scores.get(key);
    return score === undefined ? 0 : score.points * 0.5 ** ((nowMs - score.atMs) / HALF_LIFE_MS);
  }

  /** The key was punished: it begins anew. */
  forget(key: string): void {
    this.#scores.delete(key);
  }

  clear(): void {
    this.#scores.clear();
  }
}
