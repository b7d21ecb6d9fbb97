/**
 * Kubernetes quantities and durations as this API admits them: fewer forms than Kubernetes has, so
 * that a pattern in the CRD can refuse the rest with a clear message. Used by the schemas and by
 * desired/.
 */

export const CPU_PATTERN = /^([1-9][0-9]{0,5}m|[1-9][0-9]{0,2}|0\.[0-9]{1,3})$/;
export const BYTES_PATTERN = /^[1-9][0-9]{0,11}(Ki|Mi|Gi|Ti|k|M|G|T)?$/;
export const DURATION_PATTERN = /^[1-9][0-9]{0,6}(ms|s|m)$/;

const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** Bytes of a quantity that matches BYTES_PATTERN; throws RangeError for any other text. */
export function quantityBytes(text: string): number {
  const match = BYTES_PATTERN.exec(text);
  const factor = BYTES[match?.[1] ?? ""];
  if (match === null || factor === undefined) throw new RangeError("not a quantity of bytes");
  return Number.parseInt(text, 10) * factor;
}

/** Milliseconds of a duration that matches DURATION_PATTERN; throws RangeError for any other text. */
export function durationMs(text: string): number {
  const match = DURATION_PATTERN.exec(text);
  const factor = MILLISECONDS[match?.[1] ?? ""];
  if (match === null || factor === undefined) throw new RangeError("not a duration");
  return Number.parseInt(text, 10) * factor;
}
