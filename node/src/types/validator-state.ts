// What the chain remembers of its validators after a block: who votes now and next, who was ejected, whose
// leader slots failed, and what orders the leaders. It is part of the head, and the stateRoot covers it.
// H is the height of the block after which the state stands.

import type { Height, Validator, ValidatorSet } from "./chain.ts";

/** A validator that evidence has ejected for good. */
export interface Tombstone {
  readonly validator: Validator;
  /** Height of the block that carried the evidence. */
  readonly height: Height;
}

/** A validator whose last leader slots failed. */
export interface FailedSlots {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Failures in a row, counted up to 6. */
  readonly failures: number;
  /** The last height at which it may be passed over as a leader; 0 after a single failure. */
  readonly skippedThrough: Height;
}

export interface ValidatorState {
  /** The set of H, which signed the certificate that block H + 1 carries. */
  readonly lastValidators: ValidatorSet;
  /** The leader order of H: indices into lastValidators; empty at genesis. */
  readonly lastLeaders: readonly number[];
  /** The set of H + 1. */
  readonly validators: ValidatorSet;
  /** The set of H + 2. */
  readonly nextValidators: ValidatorSet;
  /** Ascending by key, each key once. */
  readonly tombstones: readonly Tombstone[];
  /** Ascending by key, each key once; members of nextValidators only. */
  readonly failedSlots: readonly FailedSlots[];
  /** 32 bytes: orders the leaders in the epoch of H. */
  readonly epochSeed: Uint8Array;
  /** 32 bytes: of the epoch after that. */
  readonly nextEpochSeed: Uint8Array;
}
