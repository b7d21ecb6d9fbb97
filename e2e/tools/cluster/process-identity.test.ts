// Telling a recorded process from a stranger with its pid.
import { describe, expect, it } from "vitest";
import { isSameProcess, parseStat, processIdentity } from "./process-identity.ts";

describe("parseStat", () => {
  it("finds state and start time behind a name with spaces and brackets", () => {
    const fields = Array.from({ length: 17 }, (_, index) => String(index));
    expect(parseStat(`42 (a) b) S 1 ${fields.join(" ")} 987654 0`)).toEqual({
      state: "S",
      startTicks: "987654",
    });
  });
});

describe("isSameProcess", () => {
  it("knows this process again, and no other with its pid", () => {
    const own = processIdentity(process.pid);
    if (own === undefined) throw new Error("this process runs");
    expect(isSameProcess(own)).toBe(true);
    expect(isSameProcess({ ...own, startTicks: `${own.startTicks}1` })).toBe(false);
    expect(isSameProcess({ ...own, bootId: "another boot" })).toBe(false);
  });

  it("knows that a pid beyond the kernel's range does not run", () => {
    expect(processIdentity(2 ** 30)).toBeUndefined();
  });
});
