import { describe, expect, it } from "vitest";
import { InvariantError } from "../types/errors.ts";
import { MAX_SERIES, METRIC_ROWS } from "../types/metrics.ts";
import { createMetrics } from "./metrics.ts";

describe("createMetrics", () => {
  it("exposes counters, gauges and histograms under the prefix", async () => {
    const metrics = createMetrics({ runtime: false });
    metrics.count("txs_total", {}, 3);
    metrics.gauge("p2p_peers", 7, { direction: "in", role: "validator" });
    metrics.observe("block_txs", 12);
    const text = await metrics.text();
    expect(text).toContain("timecoin_txs_total 3\n");
    expect(text).toContain('timecoin_p2p_peers{direction="in",role="validator"} 7\n');
    expect(text).toContain('timecoin_block_txs_bucket{le="50"} 1\n');
    expect(text).toContain('timecoin_block_txs_bucket{le="10"} 0\n');
  });

  it("refuses missing labels, and labels too many", () => {
    const metrics = createMetrics({ runtime: false });
    const surplus = { type: "doublePrevote", peer: "a" };
    expect(() => metrics.count("evidence_total", surplus)).toThrow(InvariantError);
    expect(() => metrics.count("evidence_total")).toThrow(InvariantError);
  });

  it("folds label values beyond the bound into one series", async () => {
    const metrics = createMetrics({ runtime: false });
    const total = MAX_SERIES + 10;
    for (let i = 0; i < total; i++) metrics.count("p2p_bans_total", { reason: `r${i}` });
    metrics.count("p2p_bans_total", { reason: "r0" });
    const text = await metrics.text();
    const series = text.split("\n").filter((line) => line.startsWith("timecoin_p2p_bans_total{"));
    expect(series).toHaveLength(MAX_SERIES + 1);
    expect(text).toContain('timecoin_p2p_bans_total{reason="other"} 10\n');
    expect(text).toContain('timecoin_p2p_bans_total{reason="r0"} 2\n');
  });

  it("adds the runtime's metrics, each registry its own", async () => {
    const [first, second] = [createMetrics({ runtime: true }), createMetrics({ runtime: true })];
    first.count("txs_total");
    expect(await first.text()).toContain("nodejs_eventloop_lag_p99_seconds");
    expect(await first.text()).toMatch(/event_loop_utilization [\d.e-]+/);
    expect(await second.text()).toContain("timecoin_txs_total 0\n");
  });
});

describe("metric table", () => {
  it("follows Prometheus' naming", () => {
    for (const { name, type, help, buckets } of METRIC_ROWS) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(help, name).toMatch(/\.$/);
      expect(buckets !== undefined, name).toBe(type === "histogram");
      expect(buckets).toEqual(buckets?.toSorted((a, b) => a - b));
    }
  });
});
