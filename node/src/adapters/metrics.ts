// The Metrics port on prom-client, the only file that knows it. The list of metrics is
// types/metrics.ts; a label that is not in it is a broken invariant, not a new series.
// Every metric has a bound on its series: label values beyond it are counted under "other".

import { performance } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics } from "../ports.ts";
import { invariant } from "../types/errors.ts";
import {
  MAX_SERIES,
  METRIC_PREFIX,
  METRIC_ROWS,
  type MetricName,
  type MetricRow,
} from "../types/metrics.ts";

export interface PromMetrics extends Metrics {
  /** The exposition text of all metrics. */
  text(): Promise<string>;
  readonly contentType: string;
}

type Labels = Readonly<Record<string, string>>;
type Instrument = Counter | Gauge | Histogram;

const NO_LABELS: Labels = {};

function instrumentOf(row: MetricRow, registry: Registry): Instrument {
  const shape = {
    name: METRIC_PREFIX + row.name,
    help: row.help,
    labelNames: [...row.labels],
    registers: [registry],
  };
  if (row.type === "counter") return new Counter(shape);
  if (row.type === "gauge") return new Gauge(shape);
  return new Histogram({ ...shape, buckets: [...(row.buckets ?? [])] });
}

/** Folds label values into "other" once a metric has MAX_SERIES combinations of them. */
class SeriesBound {
  private readonly seen = new Set<string>();

  bounded(row: MetricRow, labels: Labels): Labels {
    const given = Object.keys(labels);
    const fits = given.length === row.labels.length && row.labels.every((name) => name in labels);
    invariant(fits, `metric ${row.name} takes the labels [${row.labels.join(", ")}]`);
    if (given.length === 0) return labels;
    const key = row.labels.map((name) => labels[name]).join("\u0000");
    if (this.seen.has(key)) return labels;
    if (this.seen.size >= MAX_SERIES) {
      return Object.fromEntries(row.labels.map((name) => [name, "other"]));
    }
    this.seen.add(key);
    return labels;
  }
}

interface Entry {
  readonly row: MetricRow;
  readonly instrument: Instrument;
  readonly series: SeriesBound;
}

function collectRuntime(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  let last = performance.eventLoopUtilization();
  const utilization = new Gauge({
    name: "event_loop_utilization",
    help: "Share of time in which the event loop was busy since the last scrape.",
    registers: [],
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
  registry.registerMetric(utilization);
}

/** A registry of its own with every metric of the table, and Node's runtime metrics if wanted. */
export function createMetrics(options: { readonly runtime: boolean }): PromMetrics {
  const registry = new Registry();
  const entries = new Map<MetricName, Entry>(
    METRIC_ROWS.map((row) => [
      row.name,
      { row, instrument: instrumentOf(row, registry), series: new SeriesBound() },
    ]),
  );
  const find = (name: MetricName): Entry => {
    const found = entries.get(name);
    invariant(found !== undefined, `metric ${name} is in the table`);
    return found;
  };
  if (options.runtime) collectRuntime(registry);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    count(name, labels = NO_LABELS, by = 1) {
      const { row, instrument, series } = find(name);
      invariant(instrument instanceof Counter, `metric ${name} is a ${row.type}, not a counter`);
      instrument.inc(series.bounded(row, labels), by);
    },
    gauge(name, value, labels = NO_LABELS) {
      const { row, instrument, series } = find(name);
      invariant(instrument instanceof Gauge, `metric ${name} is a ${row.type}, not a gauge`);
      instrument.set(series.bounded(row, labels), value);
    },
    observe(name, value, labels = NO_LABELS) {
      const { row, instrument, series } = find(name);
      invariant(instrument instanceof Histogram, `metric ${name} is a ${row.type}`);
      instrument.observe(series.bounded(row, labels), value);
    },
  };
}
