import { expect, it } from "vitest";
import { RecentIds } from "./recent-ids.ts";

it("knows the last ones, and forgets the rest", () => {
  const ids = new RecentIds(100);
  for (let i = 0; i < 1_000; i++) {
    ids.add(`${i}`);
    for (const back of [0, 50, 99]) expect(ids.has(`${i - back}`)).toBe(i >= back);
    expect(ids.has(`${i - 200}`)).toBe(false);
  }
});
