// The list of equivalents stays true: each entry names a mutant that exists, once, with a reason.

import { describe, expect, it } from "vitest";
import { EQUIVALENTS } from "./equivalents.ts";
import { allMutants, TARGETS } from "./targets.ts";

describe("the mutants of the consensus rules", () => {
  const ids = allMutants().map(({ id }) => id);

  it("have names of their own", () => {
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("are there for every target", () => {
    for (const { file } of TARGETS) expect(ids.some((id) => id.startsWith(`${file} `))).toBe(true);
  });

  it("include each that is known to be equivalent, with its reason", () => {
    const known = EQUIVALENTS.map(({ id }) => id);
    expect(known.filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
    for (const { reason } of EQUIVALENTS) expect(reason.length).toBeGreaterThan(20);
  });
});
