import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VALIDATORS } from "../../test/ledger-fixtures.ts";
import { leaderOrder } from "../consensus/proposer.ts";
import { sha256 } from "../crypto/hash.ts";
import { validatorStateHashOf } from "../crypto/ids.ts";
import type { Validator } from "../types/chain.ts";
import type { ValidatorState } from "../types/validator-state.ts";
import {
  EPOCH_BLOCKS,
  genesisValidatorState,
  leadersOf,
  validatorStateAfter,
  validatorsAt,
} from "./validator-state.ts";

const GENESIS = new Uint8Array(32).fill(9);
const hashAt = (height: number): Uint8Array =>
  height === 0 ? GENESIS : new Uint8Array(32).fill(height);
const at = (index: number): Validator => VALIDATORS[index] as Validator;

/** The states after blocks 0 to `blocks`, with the culprits of some of them. */
function statesOf(blocks: number, culprits: Readonly<Record<number, readonly Validator[]>> = {}) {
  const states = [genesisValidatorState(VALIDATORS, GENESIS)];
  for (let height = 1; height <= blocks; height++) {
    const before = states[height - 1] as ValidatorState;
    states.push(
      validatorStateAfter(before, {
        height,
        parentHash: hashAt(height - 1),
        lastCommitRound: height === 1 ? undefined : 0,
        culprits: culprits[height] ?? [],
      }),
    );
  }
  return states;
}

describe("ejection", () => {
  const states = statesOf(12, { 5: [at(1)], 6: [at(3)] });
  const state = (height: number) => states[height] as ValidatorState;

  it("makes the culprit no leader of the next height, and no voter of the one after it", () => {
    expect(leadersOf(state(4), 5)).toContain(1);
    expect(leadersOf(state(5), 6)).not.toContain(1);
    expect(state(5).validators).toHaveLength(4);
    expect(state(5).nextValidators).toEqual([at(0), at(2), at(3)]);
    expect(state(6).validators).toEqual([at(0), at(2), at(3)]);
    expect(state(7).validators).toEqual([at(0), at(2)]);
    expect(state(12).tombstones).toEqual([
      { validator: at(1), height: 5 },
      { validator: at(3), height: 6 },
    ]);
  });

  it("leaves the set of every height known", () => {
    const sizes = Array.from({ length: 13 }, (_, h) => validatorsAt(state(12), h).length);
    expect(sizes).toEqual([4, 4, 4, 4, 4, 4, 4, 3, 2, 2, 2, 2, 2]);
    for (let height = 1; height <= 11; height++) {
      const { lastValidators, validators, nextValidators } = state(height);
      expect(validatorsAt(state(12), height)).toEqual(lastValidators);
      expect(validatorsAt(state(height), height + 1)).toEqual(validators);
      expect(validatorsAt(state(height), height + 2)).toEqual(nextValidators);
      expect(state(height + 1).lastValidators).toEqual(validators);
    }
  });

  it("lets everybody lead where all that remain are convicted", () => {
    const jailed = {
      ...state(4),
      tombstones: VALIDATORS.map((validator) => ({ validator, height: 4 })),
    };
    expect(leadersOf(jailed, 5)).toEqual(leadersOf(state(4), 5));
  });
});

describe("epochs", () => {
  it("order their leaders by the last block of the epoch before the last", () => {
    const states = statesOf(4 * EPOCH_BLOCKS);
    for (let height = 1; height <= 4 * EPOCH_BLOCKS; height++) {
      const epoch = Math.floor((height - 1) / EPOCH_BLOCKS);
      const seed = hashAt(Math.max(0, (epoch - 1) * EPOCH_BLOCKS));
      const before = states[height - 1] as ValidatorState;
      expect(leadersOf(before, height), `height ${height}`).toEqual(
        leaderOrder(VALIDATORS, seed, sha256),
      );
      expect(states[height]?.lastLeaders).toEqual(leadersOf(before, height));
    }
  });
});

describe("the state's hash", () => {
  it("covers every part", () => {
    const base: ValidatorState = {
      ...genesisValidatorState(VALIDATORS, GENESIS),
      lastLeaders: [0, 1, 2, 3],
      tombstones: [{ validator: at(0), height: 3 }],
      failedSlots: [{ publicKey: at(1).publicKey, failures: 2, skippedThrough: 9 }],
    };
    const other = hashAt(77);
    const fewer = VALIDATORS.slice(1);
    const changes: readonly Partial<ValidatorState>[] = [
      {},
      { lastValidators: fewer },
      { validators: fewer },
      { nextValidators: fewer },
      { lastLeaders: [1, 0, 2, 3] },
      { tombstones: [{ validator: at(0), height: 4 }] },
      { tombstones: [{ validator: at(2), height: 3 }] },
      { failedSlots: [{ publicKey: at(1).publicKey, failures: 3, skippedThrough: 9 }] },
      { failedSlots: [{ publicKey: at(1).publicKey, failures: 2, skippedThrough: 10 }] },
      { failedSlots: [{ publicKey: at(2).publicKey, failures: 2, skippedThrough: 9 }] },
      { epochSeed: other },
      { nextEpochSeed: other },
    ];
    const hashes = changes.map((change) => validatorStateHashOf({ ...base, ...change }).join());
    expect(new Set(hashes).size).toBe(changes.length);
  });

  it("is the same however the equal parts came about", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 3 }), (order) => {
        const culprits = [...new Set(order)].map(at);
        const [one, two] = [culprits, culprits.toReversed()].map((list) =>
          statesOf(4, { 2: list }).at(-1),
        );
        expect(validatorStateHashOf(one as ValidatorState)).toEqual(
          validatorStateHashOf(two as ValidatorState),
        );
      }),
    );
  });
});
