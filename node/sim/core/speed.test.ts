// That the measurement measures: the figure itself is the bar's business.

import { expect, it } from "vitest";
import { simSpeed } from "./speed.ts";

it("runs the default mix to its end and counts", () => {
  const { runs, runsPerSecond, eventsPerRun, failures } = simSpeed({ seconds: 0.01, heights: 1 });
  expect(runs % 100).toBe(0);
  expect(runsPerSecond).toBeGreaterThan(0);
  expect(eventsPerRun).toBeGreaterThan(10);
  expect(failures).toBe(0);
});
