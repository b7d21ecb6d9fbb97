// Where the validators of a timed run stand: one delay for all links, or the regions of a table, which
// are data with a source and a date. Called by the runs that need links.

import { readFileSync } from "node:fs";

/** Mean one-way delay between two validators, by index. */
export type DelayBetween = (from: number, to: number) => number;

export interface RegionTable {
  readonly name: string;
  readonly source: string;
  readonly date: string;
  readonly sameRegionMs: number;
  readonly regions: readonly string[];
  /** From the row's region to the column's. */
  readonly oneWayMs: readonly (readonly number[])[];
}

export const awsRegions = (): RegionTable =>
  JSON.parse(readFileSync(new URL("regions-aws.json", import.meta.url), "utf8")) as RegionTable;

export const evenDelay =
  (delayMs: number): DelayBetween =>
  () =>
    delayMs;

/**
 * Validators spread over the regions of the table by share: equal shares where none are given. Who comes
 * next stands in the region that is furthest behind its share, so that any number is spread evenly.
 * @param shares by region name; regions without one have no validator.
 */
export function placeByShare(
  { regions }: RegionTable,
  nodes: number,
  shares?: Readonly<Record<string, number>>,
): readonly number[] {
  const wanted = regions.map((name) => (shares === undefined ? 1 : (shares[name] ?? 0)));
  const total = wanted.reduce((sum, share) => sum + share, 0);
  const placed = regions.map(() => 0);
  return Array.from({ length: nodes }, (_, index) => {
    const behind = wanted.map((share, region) => ((index + 1) * share) / total - placed[region]!);
    const next = behind.indexOf(Math.max(...behind));
    placed[next]!++;
    return next;
  });
}

/** The delays between validators that stand in these regions. */
export function delayInRegions(table: RegionTable, placeOf: readonly number[]): DelayBetween {
  return (from, to) => {
    const [a, b] = [placeOf[from], placeOf[to]];
    if (a === undefined || b === undefined) throw new RangeError(`no place of ${from} or ${to}`);
    return a === b ? table.sameRegionMs : (table.oneWayMs[a]?.[b] ?? 0);
  };
}
