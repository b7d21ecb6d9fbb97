// What a benchmark is: a stated figure, and the program that measures it for real. `npm run benchmarks -- NAME`
// runs one (main.ts). A new benchmark is a file and a row in all-benchmarks.ts.

export interface Measurement {
  /** The measured figure with its unit, as people read it. */
  readonly figure: string;
  readonly pass: boolean;
  /** What stands behind the figure: parts, counts, conditions. */
  readonly detail: string;
  /** The cells of the table behind it, by the table's name. */
  readonly tables?: Readonly<Record<string, readonly object[]>>;
}

/** Prints a line of what a benchmark does. */
export type Say = (line: string) => void;

export interface Benchmark {
  readonly name: string;
  /** The figure that must hold, as people read it. */
  readonly bar: string;
  readonly what: string;
  /** Measures all of it at scale 1; benchmarks that can be tried smaller do that share of it, and fail. */
  readonly measure: (say: Say, scale: number) => Promise<Measurement>;
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`;
