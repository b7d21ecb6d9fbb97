// Planted protocol bugs: the rules with one leaf replaced. The simulator must find each of them, or it
// proves nothing when it finds none in the real rules (mutations.test.ts).

import { RULES, type Rules } from "../src/consensus/rules.ts";
import type { ByzantineKind } from "./byzantine.ts";

export interface Mutation {
  readonly name: string;
  readonly rules: Rules;
  /** The behaviour that provokes it best; undefined: any that the seed draws. */
  readonly kind?: ByzantineKind;
  /** Seeds from 1 within which a run must show it: a few times what it takes today. */
  readonly within: number;
  /** The check that sees it first. */
  readonly shows: string;
}

type Harm = Pick<Mutation, "kind" | "within" | "shows">;

const plant = (name: string, changed: Partial<Rules>, harm: Harm): Mutation => ({
  name,
  rules: { ...RULES, ...changed },
  ...harm,
});

export const MUTATIONS: readonly Mutation[] = [
  plant("the lock is not looked at", { lockPermits: () => true }, { within: 100, shows: "lock" }),
  plant(
    "a polka needs q - 1",
    { polkaPower: (total) => RULES.polkaPower(total) - 1 },
    { within: 20, shows: "lock" },
  ),
  plant(
    "2f precommits commit",
    { commitPower: (total) => RULES.commitPower(total) - 1 },
    { within: 20, shows: "certificate" },
  ),
  plant(
    "the lock is lost with the round",
    { lockInNextRound: () => undefined },
    { within: 100, shows: "lock" },
  ),
  plant(
    "a re-proposal needs no PoLC",
    { polcJustifies: () => true },
    { kind: "unjustified", within: 100, shows: "lock" },
  ),
  plant(
    "a second proposal is prevoted again",
    { mayPrevote: (step) => step === "propose" || step === "prevote", maySign: () => true },
    { within: 100, shows: "double sign" },
  ),
  plant(
    "the first lock of a height is never moved",
    { lockAfterPolka: (lock, polka) => lock ?? polka },
    { kind: "twins", within: 700, shows: "lock" },
  ),
  plant(
    "any PoLC unlocks, however old",
    {
      lockPermits: (lock, hash, validRound) =>
        validRound >= 0 || RULES.lockPermits(lock, hash, validRound),
    },
    { kind: "doubleVoter", within: 200, shows: "lock" },
  ),
];
