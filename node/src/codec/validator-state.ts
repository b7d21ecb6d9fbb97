// The validators' part of the chain's state as bytes: as the store keeps it with the head, and as the
// state root covers it (the sets by their hashes, which headers name as well).

import type { ValueOf } from "@chainsafe/ssz";
import type { ValidatorSet } from "../types/chain.ts";
import type { ValidatorState } from "../types/validator-state.ts";
import { equalBytes } from "./bytes.ts";
import { encodeValidatorSet } from "./chain.ts";
import { LeadershipSchema, type ValidatorStateSchema } from "./schemas.ts";

type LeadershipWire = ValueOf<typeof LeadershipSchema>;
type ValidatorStateWire = ValueOf<typeof ValidatorStateSchema>;

/** SSZ of all but the three sets. */
export const encodeLeadership = (state: ValidatorState): Uint8Array =>
  LeadershipSchema.serialize(leadershipOf(state));

function leadershipOf(state: ValidatorState): LeadershipWire {
  const { lastLeaders, tombstones, failedSlots, epochSeed, nextEpochSeed } = state;
  return {
    lastLeaders: [...lastLeaders],
    tombstones: [...tombstones],
    failedSlots: [...failedSlots],
    epochSeed,
    nextEpochSeed,
  };
}

export const validatorStateToWire = (state: ValidatorState): ValidatorStateWire => ({
  lastValidators: [...state.lastValidators],
  validators: [...state.validators],
  nextValidators: [...state.nextValidators],
  leadership: leadershipOf(state),
});

/** Equal sets come back as one array: who holds a set may tell a change by identity. */
export function validatorStateFromWire(wire: ValidatorStateWire): ValidatorState {
  const { lastValidators } = wire;
  const validators = same(lastValidators, wire.validators);
  const nextValidators = same(validators, wire.nextValidators);
  return { lastValidators, validators, nextValidators, ...wire.leadership };
}

const same = (known: ValidatorSet, set: ValidatorSet): ValidatorSet =>
  equalBytes(encodeValidatorSet(known), encodeValidatorSet(set)) ? known : set;
