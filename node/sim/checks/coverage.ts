// What a run met: counters that say whether the rare paths of the protocol were taken at all. Summed over
// the runs of a command; `--covers` makes a counter at zero a failure.

export const COUNTERS = [
  /** An honest validator precommitted another block than before at one height. */
  "relocks",
  /** An honest leader proposed a block again whose polka is older than the round before. */
  "olderPolcs",
  /** A block was decided by precommits of a round that its node had left. */
  "olderCommits",
  /** A block was asked for again, as the first question brought nothing. */
  "fetchedAgain",
  /** A validator was convicted, and left the set. */
  "setChanges",
  /** Runs that crossed the end of an epoch. */
  "epochs",
  /** Runs with a round above 5, and above 64. */
  "roundsAbove5",
  "roundsAbove64",
  /** A node held its signatures back. */
  "signHolds",
  /** Two votes that exclude each other, the second of which came after the decision. */
  "lateEvidence",
  /** Runs whose honest validators were not all linked with each other, for good. */
  "deadLinks",
  /** Disks lost, and members that started late. */
  "wipes",
  "lateStarts",
] as const;
export type Counter = (typeof COUNTERS)[number];

export type Counts = Readonly<Record<Counter, number>>;

export const NO_COUNTS = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Counts;

export const addCounts = (a: Counts, b: Counts): Counts =>
  Object.fromEntries(COUNTERS.map((name) => [name, a[name] + b[name]])) as Counts;

export class Coverage {
  readonly #counts: Record<Counter, number> = { ...NO_COUNTS };

  count(counter: Counter, by = 1): void {
    this.#counts[counter] += by;
  }

  /** Once a run, however often it happens. */
  once(counter: Counter): void {
    this.#counts[counter] = 1;
  }

  get counts(): Counts {
    return this.#counts;
  }
}
