import { describe, expect, it } from "vitest";
import { simulationSpeed } from "./speed.ts";

describe("simulationSpeed", () => {
  it("counts Byzantine runs to their end", () => {
    const { runs, runsPerSecond, byzantine, failed } = simulationSpeed(0.1, 5);
    expect(runs).toBeGreaterThan(0);
    expect(runsPerSecond).toBeGreaterThan(0);
    expect(byzantine).toBeLessThanOrEqual(runs);
    expect(failed).toBe(0);
  });
});
