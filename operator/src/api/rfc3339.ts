/** Times as metav1.Time has them. Used for permits, conditions and the time of a height. */

/** `epochMs` as RFC 3339 in UTC, whole seconds, e.g. 2026-11-22T10:00:00Z. */
export const rfc3339 = (epochMs: number): string =>
  new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, "Z");
