// When the next height begins: a fixed cadence of empty blocks, or as soon as minBlockMs allows where
// transactions wait (decisions §4). Counted from the start of the last height, so that a slow height
// does not push all later ones back: what it took beyond its time is made up by the next one, which does
// not wait. No more than that: a chain that stood still does not run through empty blocks to catch up.

export interface PacingParams {
  readonly minBlockMs: number;
  readonly emptyBlockIntervalMs: number;
}

/** Milliseconds from now until the next height may start; `sinceStartMs` = age of the last start. */
export function startDelayMs(
  params: PacingParams,
  sinceStartMs: number,
  transactionsWait: boolean,
): number {
  const intervalMs = transactionsWait ? params.minBlockMs : params.emptyBlockIntervalMs;
  return Math.max(0, intervalMs - sinceStartMs);
}
