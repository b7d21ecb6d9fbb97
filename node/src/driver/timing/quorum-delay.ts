// The value within which a quorum lies: what liars up to f can neither raise above the slowest honest
// validator's, nor lower below that of the (q - f)-th fastest one. Used for delays of links and votes, and for
// the times of proposals.

/** What was measured of a validator; Infinity where nothing was. */
export interface DelaySample {
  readonly power: number;
  readonly delayMs: number;
}

/** The least delay within which samples of `quorum` power lie, or undefined where too few are known. */
export function quorumDelayMs(samples: readonly DelaySample[], quorum: number): number | undefined {
  let power = 0;
  for (const sample of samples.toSorted((a, b) => a.delayMs - b.delayMs)) {
    if (!Number.isFinite(sample.delayMs)) return undefined;
    power += sample.power;
    if (power >= quorum) return sample.delayMs;
  }
  return undefined;
}
