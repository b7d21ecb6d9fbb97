// The Metrics port for tests: sums, last values and numbers of observations, by name and labels. It is
// as strict as the real registry: a name, kind or label that the table does not list throws.

import { METRICS } from "../src/ops/metric-table.ts";
import type { Metrics } from "../src/ports.ts";
import { invariant } from "../src/types/errors.ts";

type Labels = Readonly<Record<string, string>>;

const ROWS = new Map(METRICS.map((row) => [row.name, row]));
const keyOf = (name: string, labels: Labels): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(",")}}`;

export class RecordedMetrics implements Metrics {
  readonly #values = new Map<string, number>();
  readonly #observed = new Map<string, number[]>();

  count(name: string, labels: Labels = {}, by = 1): void {
    const key = this.#checked("counter", name, labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  gauge(name: string, value: number, labels: Labels = {}): void {
    this.#values.set(this.#checked("gauge", name, labels), value);
  }

  observe(name: string, value: number, labels: Labels = {}): void {
    const key = this.#checked("histogram", name, labels);
    const values = this.#observed.get(key) ?? [];
    values.push(value);
    this.#observed.set(key, values);
  }

  /** A counter's sum or a gauge's last value; 0 where nothing was written. */
  value(name: string, labels: Labels = {}): number {
    return this.#values.get(keyOf(name, labels)) ?? 0;
  }

  /** A histogram's observations, in order. */
  observed(name: string, labels: Labels = {}): readonly number[] {
    return this.#observed.get(keyOf(name, labels)) ?? [];
  }

  #checked(type: string, name: string, labels: Labels): string {
    const row = ROWS.get(name);
    invariant(row?.type === type, `${name} is a ${type} of the metric table`);
    invariant(
      Object.keys(labels).join() === row.labels.join(),
      `${name} takes the labels ${row.labels.join()}`,
    );
    return keyOf(name, labels);
  }
}
