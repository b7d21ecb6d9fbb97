// A sample of the crash points; the bar sim.crash-points visits all of them.

import { describe, expect, it } from "vitest";
import { crashPoints } from "./crash-points.ts";
import { CRASH_NODES } from "./crash-scenario.ts";

describe("a crash at a boundary of log, sign state or store", () => {
  it("is recovered from, without a second signature", () => {
    const stride = 401;
    const report = crashPoints({ stride });
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({ recovered: report.tried, doubleSigns: 0 });
    // Every node has a share, however the votes travel: by way of the leader there are fewer frames.
    expect(report.tried).toBe(Math.ceil(report.deaths / stride));
    expect(report.tried).toBeGreaterThan(3 * CRASH_NODES);
    expect(report.points.disk).toBeGreaterThan(600);
    expect(report.points.store).toBe(64);
  });

  it("is found out where a disk lies about what is durable", () => {
    const { failures } = crashPoints({ stride: 997, lyingDisks: true });
    expect(failures.length).toBeGreaterThan(0);
  });

  it("is found out where log and sign state are lost", () => {
    const report = crashPoints({ stride: 499, forgetful: true });
    expect(report.doubleSigns).toBeGreaterThan(0);
    expect(report.failures[0]).toContain("double sign: validator");
  });
});
