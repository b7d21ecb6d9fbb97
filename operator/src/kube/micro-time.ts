/**
 * MicroTime, as Lease and Event demand it: six digits of fraction. JSON dates have three, and the API
 * server refuses them. Used by lease.ts and events.ts.
 */

/** `epochMs` as RFC 3339 in UTC with six digits, e.g. 2026-11-22T10:00:00.123000Z. */
export function microTime(epochMs: number): string {
  return new Date(Math.floor(epochMs)).toISOString().replace(/Z$/, "000Z");
}
