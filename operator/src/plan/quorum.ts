/**
 * Quorum arithmetic: one validator, one vote. A decision needs more than two thirds, so n validators
 * tolerate f faults. Reserve is how many further faults a planned disruption must leave room for.
 */

/** Votes that decide a block. */
export const quorumOf = (validators: number) => Math.floor((2 * validators) / 3) + 1;

/** Faulty validators that the others outvote. */
export const toleratedFaults = (validators: number) =>
  Math.max(0, Math.floor((validators - 1) / 3));

/** Below seven validators there is no fault to spare beside the one that is stopped on purpose. */
export const reserveOf = (validators: number) => (validators < 7 ? 0 : 1);

/** Others that must sign while one is stopped on purpose. */
export const neededBeside = (validators: number) => quorumOf(validators) + reserveOf(validators);

/** Whether any planned stop can ever be allowed in a network of this size. */
export const canEverStopOne = (validators: number) => neededBeside(validators) <= validators - 1;
