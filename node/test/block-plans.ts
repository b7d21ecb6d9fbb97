// Random blocks as plans: what each is to hold, and what is to be wrong with it. The property of the two
// ledgers (ledger/two-ledgers.test.ts) plays them; a plan knows no chain, so it shrinks well.

import * as fc from "fast-check";
import type { EvidenceKind } from "../src/types/evidence.ts";
import { VALIDATORS } from "./ledger-fixtures.ts";

export const WALLETS = 6;
const TX_FAULTS = [
  "feeLow",
  "feeShare",
  "feeEdge",
  "dust",
  "version",
  "payload",
  "twice",
  "missing",
  "spentBefore",
  "again",
  "foreignKey",
  "badSignature",
  "noWitness",
  "overflow",
  "overspend",
  "noOutput",
] as const;
const BLOCK_FAULTS = [
  "version",
  "height",
  "parent",
  "time",
  "validators",
  "nextValidators",
  "proposer",
  "commitHash",
  "commitMissing",
  "commitOther",
  "commitHeight",
  "commitType",
  "txRoot",
  "stateRoot",
  "reversed",
  "evidenceRoot",
] as const;
const EVIDENCE_FAULTS = [
  "sameBlock",
  "badSignature",
  "future",
  "old",
  "heightZero",
  "stranger",
  "twice",
  "otherKind",
] as const;
export const MAX_EVIDENCE_AGE = 3;

/** No fault, `weight` times as often as all faults together. */
const orNone = <T extends string>(faults: readonly T[], weight: number) =>
  fc.oneof(
    { weight, arbitrary: fc.constant("none" as const) },
    { weight: 1, arbitrary: fc.constantFrom(...faults) },
  );

export interface TxPlan {
  readonly fault: (typeof TX_FAULTS)[number] | "none";
  readonly picks: readonly number[];
  readonly outputs: number;
  readonly to: number;
  readonly fee: number;
}
export interface EvidencePlan {
  readonly fault: (typeof EVIDENCE_FAULTS)[number] | "none";
  readonly culprit: number;
  readonly kind: EvidenceKind;
  /** Blocks before the one that carries it. */
  readonly age: number;
}
export interface BlockPlan {
  readonly fault: (typeof BLOCK_FAULTS)[number] | "none";
  readonly txs: readonly TxPlan[];
  readonly evidence: readonly EvidencePlan[];
  readonly round: number;
  /** In which the parent was decided. */
  readonly commitRound: number;
  readonly stepMs: number;
}

const txPlan: fc.Arbitrary<TxPlan> = fc.record({
  fault: orNone(TX_FAULTS, 8),
  picks: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  outputs: fc.integer({ min: 1, max: 3 }),
  to: fc.nat(WALLETS - 1),
  fee: fc.constantFrom(0, 1, 5_000),
});
const evidencePlan: fc.Arbitrary<EvidencePlan> = fc.record({
  fault: orNone(EVIDENCE_FAULTS, 6),
  culprit: fc.nat(VALIDATORS.length - 1),
  kind: fc.constantFrom<EvidenceKind>("doublePrevote", "doublePrecommit", "doubleProposal"),
  age: fc.constantFrom(1, 1, 2, MAX_EVIDENCE_AGE),
});
export const blockPlan: fc.Arbitrary<BlockPlan> = fc.record({
  fault: orNone(BLOCK_FAULTS, 3),
  evidence: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.tuple(evidencePlan) },
    { weight: 1, arbitrary: fc.array(evidencePlan, { minLength: 2, maxLength: 4 }) },
  ),
  commitRound: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(60)),
  txs: fc.array(txPlan, { maxLength: 5 }),
  round: fc.nat(3),
  stepMs: fc.integer({ min: 1, max: 5_000 }),
});
