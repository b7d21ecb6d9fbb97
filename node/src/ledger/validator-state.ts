// How the validators' state moves from block to block, and who leads the next height
// (docs/protocol.md#validators, docs/adr/0012). Pure: everything comes from committed blocks, so proposer,
// voters and late nodes agree.
//
// Which header commits to which set: header(h) names the sets of h and h + 1. Evidence in block h makes its
// culprit no leader from h + 1 on and no voter from h + 2 on. So the set without the culprit is first named
// by nextValidatorsHash of header(h + 1). The stateRoot of header(h) covers it already.

import { compareBytes, equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { leaderOrder } from "../consensus/proposer.ts";
import { sha256 } from "../crypto/hash.ts";
import type { Height, Round, Validator, ValidatorSet } from "../types/chain.ts";
import type { Tombstone, ValidatorState } from "../types/validator-state.ts";
import { failedSlotsAfter, skippedLeaders } from "./failed-slots.ts";

/** Heights 1 to 60 are epoch 0: within an epoch one seed orders the leaders. */
export const EPOCH_BLOCKS = 60;

const beginsEpoch = (height: Height): boolean => height % EPOCH_BLOCKS === 1;

/** The state before block 1. */
export const genesisValidatorState = (
  validators: ValidatorSet,
  genesisHash: Uint8Array,
): ValidatorState => ({
  lastValidators: validators,
  lastLeaders: [],
  validators,
  nextValidators: validators,
  tombstones: [],
  failedSlots: [],
  epochSeed: genesisHash,
  nextEpochSeed: genesisHash,
});

/** What a block does to the validators. */
export interface ValidatorChange {
  readonly height: Height;
  readonly parentHash: Uint8Array;
  /** The round of the certificate it carries; undefined in block 1. */
  readonly lastCommitRound: Round | undefined;
  /** Whom its evidence convicts. */
  readonly culprits: readonly Validator[];
}

/** The state after the block that follows `state`. */
export function validatorStateAfter(
  state: ValidatorState,
  { height, parentHash, lastCommitRound, culprits }: ValidatorChange,
): ValidatorState {
  const nextValidators = without(state.nextValidators, culprits);
  const failedSlots =
    lastCommitRound === undefined
      ? state.failedSlots
      : failedSlotsAfter(
          { ...state, nextValidators },
          { height: height - 1, round: lastCommitRound },
        );
  return {
    lastValidators: state.validators,
    lastLeaders: leadersOf(state, height),
    validators: state.nextValidators,
    nextValidators,
    tombstones: withTombstones(state, culprits, height),
    failedSlots,
    // The last block of an epoch fixes the order of the epoch after the next: nobody who makes it knows
    // yet who will be there to lead then.
    ...(beginsEpoch(height)
      ? { epochSeed: state.nextEpochSeed, nextEpochSeed: parentHash }
      : { epochSeed: state.epochSeed, nextEpochSeed: state.nextEpochSeed }),
  };
}

/**
 * The leader order of `height`, the one after the state: indices into its validators, without those
 * that are convicted and those that are passed over; everybody, where nobody would be left.
 */
export function leadersOf(state: ValidatorState, height: Height): readonly number[] {
  const { validators, tombstones, failedSlots } = state;
  const seed = beginsEpoch(height) ? state.nextEpochSeed : state.epochSeed;
  const order = leaderOrder(validators, seed, sha256);
  const out = new Set(skippedLeaders(failedSlots, validators, height));
  // Ejection takes a height longer than this.
  for (const { validator } of tombstones) out.add(toHex(validator.publicKey));
  if (out.size === 0) return order;
  const eligible = order.filter((index) => !out.has(toHex(keyAt(validators, index))));
  return eligible.length === 0 ? order : eligible;
}

/** The first height at which an ejected validator votes no more; it leads none from the one before. */
export const ejectedFrom = ({ height }: Pick<Tombstone, "height">): Height => height + 2;

/**
 * The set of `height`, up to two above the head. Validators leave by ejection alone in this version, so
 * any earlier set is the latest one and those that were ejected since.
 */
export function validatorsAt(state: ValidatorState, height: Height): ValidatorSet {
  const since = state.tombstones.filter((tombstone) => ejectedFrom(tombstone) > height);
  if (since.length === 0) return state.nextValidators;
  return [...state.nextValidators, ...since.map(({ validator }) => validator)].sort((a, b) =>
    compareBytes(a.publicKey, b.publicKey),
  );
}

const keyAt = (validators: ValidatorSet, index: number): Uint8Array =>
  validators[index]?.publicKey ?? new Uint8Array(0);

function without(validators: ValidatorSet, culprits: readonly Validator[]): ValidatorSet {
  if (culprits.length === 0) return validators;
  const isCulprit = (one: Validator) =>
    culprits.some(({ publicKey }) => equalBytes(publicKey, one.publicKey));
  return validators.filter((one) => !isCulprit(one));
}

function withTombstones(
  { tombstones }: ValidatorState,
  culprits: readonly Validator[],
  height: Height,
): ValidatorState["tombstones"] {
  return [...tombstones, ...culprits.map((validator) => ({ validator, height }))].sort((a, b) =>
    compareBytes(a.validator.publicKey, b.validator.publicKey),
  );
}
