// The middle of what was measured lately, of the answers of a link and of the votes of a validator. What
// RFC 6298 smooths by moving averages is taken from medians here: one late answer in a hundred would stretch
// every timeout for seconds, and these do not see it. What has become slow or fast is believed when half of
// the window says so.

/** Samples that count. Odd, so that there is one in the middle. */
const WINDOW = 9;

/** The samples with one more, the newest last. */
export const withSample = (recentMs: readonly number[], ms: number): readonly number[] => [
  ...recentMs.slice(1 - WINDOW),
  ms,
];

/** Of an even number the larger of the two in the middle: waiting too long is the cheaper mistake. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The median of the distances to the middle. */
export const deviationMs = (recentMs: readonly number[], middleMs: number): number =>
  median(recentMs.map((ms) => Math.abs(ms - middleMs)));
