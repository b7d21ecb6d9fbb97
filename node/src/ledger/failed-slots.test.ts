import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VALIDATORS } from "../../test/ledger-fixtures.ts";
import { compareBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import type { ValidatorSet } from "../types/chain.ts";
import type { FailedSlots } from "../types/validator-state.ts";
import { failedSlotsAfter, skippedLeaders } from "./failed-slots.ts";
import { genesisValidatorState, leadersOf, validatorStateAfter } from "./validator-state.ts";

const SEED = new Uint8Array(32).fill(5);
const ORDER = [2, 0, 3, 1];
const base = { ...genesisValidatorState(VALIDATORS, SEED), lastLeaders: ORDER };
const keyOf = (index: number): string => toHex(VALIDATORS[index]?.publicKey ?? SEED);
/** Validator index, failures and last skipped height of each record. */
const listed = (slots: readonly FailedSlots[]) =>
  slots.map(({ publicKey, failures, skippedThrough }) => [
    VALIDATORS.findIndex((v) => toHex(v.publicKey) === toHex(publicKey)),
    failures,
    skippedThrough,
  ]);

/** n validators in ascending order of their keys. */
const setOf = (n: number): ValidatorSet =>
  Array.from({ length: n }, (_, i) => {
    const key = new Uint8Array(32).fill(i + 1);
    return { publicKey: key, nodeKey: key, power: 1 };
  });

describe("failedSlotsAfter", () => {
  it("notes nothing where round 0 decides", () => {
    expect(failedSlotsAfter(base, { height: 8, round: 0 })).toEqual([]);
  });

  it("counts the leaders of the rounds before, and skips nobody for one failure", () => {
    // Height 8: round 0 is led by ORDER[0], the next by ORDER[1].
    expect(listed(failedSlotsAfter(base, { height: 8, round: 2 }))).toEqual([
      [0, 1, 0],
      [2, 1, 0],
    ]);
  });

  it("skips for 2^m heights after m failures in a row, and for no more than 64", () => {
    let state = base;
    const through: number[] = [];
    for (let time = 1; time <= 8; time++) {
      const failedSlots = failedSlotsAfter(state, { height: 4 * time, round: 1 });
      through.push((failedSlots[0]?.skippedThrough ?? 0) - (4 * time + 1));
      state = { ...state, failedSlots };
    }
    expect(through.slice(1)).toEqual([4, 8, 16, 32, 64, 64, 64]);
    expect(listed(state.failedSlots)[0]?.[1]).toBe(6);
  });

  it("forgets the failures of whoever decided a round", () => {
    const failedSlots = failedSlotsAfter(base, { height: 8, round: 3 });
    expect(listed(failedSlots).map(([index]) => index)).toEqual([0, 2, 3]);
    const after = failedSlotsAfter({ ...base, failedSlots }, { height: 9, round: 0 });
    expect(listed(after).map(([index]) => index)).toEqual([2, 3]);
  });

  it("comes to the same for a height of very many rounds as for a few dozen", () => {
    const many = failedSlotsAfter(base, { height: 8, round: 4_000_000_001 });
    expect(many).toEqual(failedSlotsAfter(base, { height: 8, round: 25 }));
  });

  it("drops who is no validator any more", () => {
    const nextValidators = VALIDATORS.filter((_, index) => index !== 2);
    const slots = failedSlotsAfter({ ...base, nextValidators }, { height: 8, round: 2 });
    expect(listed(slots)).toEqual([[0, 1, 0]]);
  });
});

describe("skippedLeaders", () => {
  const slot = (index: number, failures: number, skippedThrough = 100): FailedSlots => ({
    publicKey: VALIDATORS[index]?.publicKey ?? SEED,
    failures,
    skippedThrough,
  });

  it("takes the longest failing first, ties by key, as long as it is due", () => {
    const skipped = (slots: readonly FailedSlots[], height = 50) => [
      ...skippedLeaders(slots, VALIDATORS, height),
    ];
    expect(skipped([slot(1, 2), slot(3, 3)])).toEqual([keyOf(3)]);
    expect(skipped([slot(1, 2), slot(3, 2)])).toEqual([keyOf(1)]);
    expect(skipped([slot(1, 2, 49), slot(3, 2, 50)])).toEqual([keyOf(3)]);
    expect(skipped([slot(1, 1, 0)])).toEqual([]);
  });

  const plan = fc.record({
    n: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 100 }),
    failed: fc.array(
      fc.record({ at: fc.nat(), failures: fc.integer({ min: 1, max: 6 }), through: fc.nat(120) }),
      { maxLength: 40 },
    ),
  });

  it("never passes over more than f, nor everybody, and cares for no order of what it is given", () => {
    fc.assert(
      fc.property(plan, ({ n, height, failed }) => {
        const validators = setOf(n);
        const slots = new Map(
          failed.map(({ at, failures, through }) => {
            const publicKey = validators[at % n]?.publicKey ?? SEED;
            return [toHex(publicKey), { publicKey, failures, skippedThrough: through }];
          }),
        );
        const list = [...slots.values()].sort((a, b) => compareBytes(a.publicKey, b.publicKey));
        const skipped = skippedLeaders(list, validators, height);
        expect(skipped.size).toBeLessThanOrEqual(Math.floor((n - 1) / 3));
        const turned = skippedLeaders(list.toReversed(), validators.toReversed(), height);
        expect([...turned]).toEqual([...skipped]);
        const state = { ...genesisValidatorState(validators, SEED), failedSlots: list };
        const leaders = leadersOf(state, height);
        expect(leaders).toHaveLength(n - skipped.size);
        for (const index of leaders)
          expect(skipped.has(toHex(validators[index]?.publicKey ?? SEED))).toBe(false);
      }),
    );
  });
});

describe("a dead leader", () => {
  it("costs ever fewer rounds, and leads again within a round robin once it is back", () => {
    const validators = setOf(4);
    const [dead] = validators;
    let state = genesisValidatorState(validators, SEED);
    const failedAt: number[] = [];
    const ledAt: number[] = [];
    let lastRound: number | undefined;
    for (let height = 1; height <= 300; height++) {
      const leaders = leadersOf(state, height);
      const leader = validators[leaders[height % leaders.length] ?? 0];
      const isDead = height <= 200 && leader === dead;
      if (isDead) failedAt.push(height);
      else if (leader === dead) ledAt.push(height);
      const change = { height, parentHash: SEED, lastCommitRound: lastRound, culprits: [] };
      state = validatorStateAfter(state, change);
      lastRound = isDead ? 1 : 0;
    }
    // A plain round robin would lose 50 rounds of these 200 heights.
    expect(failedAt.length).toBeLessThanOrEqual(8);
    expect(ledAt.length).toBeGreaterThan(5);
  });
});
