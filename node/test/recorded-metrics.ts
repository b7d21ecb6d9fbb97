// The Metrics port for tests: sums, last values and numbers of observations, by name and labels. It is
// as strict as the real registry: labels other than the table's throw.

import type { Metrics } from "../src/ports.ts";
import { invariant } from "../src/types/errors.ts";
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  METRICS,
  type MetricName,
} from "../src/types/metrics.ts";

type Labels = Readonly<Record<string, string>>;

const keyOf = (name: MetricName, labels: Labels): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(",")}}`;

export class RecordedMetrics implements Metrics {
  readonly #values = new Map<string, number>();
  readonly #observed = new Map<string, number[]>();

  count(name: CounterName, labels: Labels = {}, by = 1): void {
    const key = this.#checked(name, labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  gauge(name: GaugeName, value: number, labels: Labels = {}): void {
    this.#values.set(this.#checked(name, labels), value);
  }

  observe(name: HistogramName, value: number, labels: Labels = {}): void {
    const key = this.#checked(name, labels);
    const values = this.#observed.get(key) ?? [];
    values.push(value);
    this.#observed.set(key, values);
  }

  /** A counter's sum or a gauge's last value; 0 where nothing was written. */
  value(name: CounterName | GaugeName, labels: Labels = {}): number {
    return this.#values.get(keyOf(name, labels)) ?? 0;
  }

  /** A histogram's observations, in order. */
  observed(name: HistogramName, labels: Labels = {}): readonly number[] {
    return this.#observed.get(keyOf(name, labels)) ?? [];
  }

  #checked(name: MetricName, labels: Labels): string {
    const expected = METRICS[name].labels.join();
    invariant(Object.keys(labels).join() === expected, `${name} takes the labels ${expected}`);
    return keyOf(name, labels);
  }
}
