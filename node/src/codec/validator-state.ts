// The validators' part of the chain's state as bytes: as the store keeps it with the head, and as the
// state root covers it (the sets by their hashes, which headers name as well).

import type { ValueOf } from "@chainsafe/ssz";
import type { ValidatorState } from "../types/validator-state.ts";
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

export function validatorStateFromWire(wire: ValidatorStateWire): ValidatorState {
  const { leadership, ...sets } = wire;
  return { ...sets, ...leadership };
}
