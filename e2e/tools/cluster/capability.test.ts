// Reading the bounding set.
import { describe, expect, it } from "vitest";
import { boundingSetHasSysResource } from "./capability.ts";

describe("boundingSetHasSysResource", () => {
  it.each([
    ["000001ffffffffff", true],
    ["000001fffeffffff", false],
    ["0000000001000000", true],
    ["0000000000000000", false],
  ])("CapBnd %s: %s", (mask, has) => {
    const status = `Name:\tx\nCapEff:\t0000000000000000\nCapBnd:\t${mask}\nCapAmb:\t0000000000000000\n`;
    expect(boundingSetHasSysResource(status)).toBe(has);
  });

  it("takes a status without a bounding set for a machine that takes nothing away", () => {
    expect(boundingSetHasSysResource("Name:\tx\n")).toBe(true);
  });
});
