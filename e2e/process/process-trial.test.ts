// The smallest trial of real daemons: four, each killed in turn, the leader stopped, one stopped. The
// figures are a benchmark (consensus.processes); here the chain must go on, and no node may fork or refuse.

import { describe, expect, it } from "vitest";
import { processTrial } from "../tools/processes/process-trial.ts";

describe("four daemons that are killed and stopped", () => {
  it("go on with payments flowing, agree on every block, and change views", async () => {
    const report = await processTrial({
      validators: 4,
      emptyBlockIntervalMs: 300,
      paymentPauseMs: 200,
      settledHeight: 2,
      kills: 4,
      say: () => undefined,
    });
    expect(report.forks).toEqual([]);
    expect(report.refusedSignatures).toBe(0);
    expect(report.backMs).toHaveLength(4);
    expect(report.blocksWithoutLeader).toBeGreaterThan(0);
    expect(report.blocksWithoutFaulty).toBeGreaterThan(0);
    expect(report.viewChanges.length).toBeGreaterThan(0);
    expect(report.paymentsFinal).toBeGreaterThan(0);
  });
});
