import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BoundedMap } from "./bounded-map.ts";

describe("BoundedMap", () => {
  it("holds the entries that were added last, at most so many, with their last values", () => {
    const op = fc.record({ key: fc.nat(9), value: fc.nat(), removes: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(op), (most, ops) => {
        const map = new BoundedMap<number, number>(most);
        let naive: (readonly [number, number])[] = [];
        for (const { key, value, removes } of ops) {
          const isKnown = naive.some(([known]) => known === key);
          if (removes) {
            map.delete(key);
            naive = naive.filter(([known]) => known !== key);
            continue;
          }
          map.set(key, value);
          naive = isKnown
            ? naive.map((entry) => (entry[0] === key ? [key, value] : entry))
            : [...naive, [key, value] as const].slice(-most);
        }
        expect([...map]).toEqual(naive);
      }),
    );
  });
});
