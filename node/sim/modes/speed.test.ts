// That the measurement measures: the figure itself is the bar's business.

import { expect, it } from "vitest";
import { simulationSpeed } from "./speed.ts";

it("counts runs to their end", () => {
  const report = simulationSpeed("fast", 0.1, 5);
  expect(report.runs).toBeGreaterThan(0);
  expect(report.runsPerSecond).toBeGreaterThan(0);
  expect(report.eventsPerRun).toBeGreaterThan(100);
  expect(report.byzantine).toBeLessThanOrEqual(report.runs);
  expect(report.failed).toBe(0);
});
