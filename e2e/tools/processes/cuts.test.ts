import { describe, expect, it } from "vitest";
import { type CutWay, groups, oneWay, ring } from "./cuts.ts";

/** Whom each of four still reaches, as text. */
function reached(cuts: readonly CutWay[]): readonly string[] {
  const members = [0, 1, 2, 3];
  return members.map((from) =>
    members
      .filter((to) => to !== from && !cuts.some((cut) => cut.from === from && cut.to === to))
      .join(""),
  );
}

describe("cuts", () => {
  it("parts two groups both ways", () => {
    expect(reached(groups(4, 1))).toEqual(["", "23", "13", "12"]);
    expect(reached(groups(4, 2))).toEqual(["1", "0", "3", "2"]);
  });

  it("silences one group only", () => {
    expect(reached(oneWay(4, 1))).toEqual(["", "023", "013", "012"]);
  });

  it("leaves the neighbours on a circle", () => {
    expect(reached(ring(4))).toEqual(["13", "02", "13", "02"]);
  });
});
