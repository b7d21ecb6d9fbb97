// Random chains of blocks, honest and not, through applyBlock and through the naive ledger: the same
// verdict on each, the same state root after each. A bad block has right roots wherever it can, so
// that only the broken rule can be the reason for its refusal.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BlockPlan,
  blockPlan,
  type EvidencePlan,
  MAX_EVIDENCE_AGE,
  type TxPlan,
  WALLETS,
} from "../../test/block-plans.ts";
import {
  checkedOf,
  commitOf,
  doubleSigned,
  GENESIS_HASH,
  ledgerWorld,
  outputOf,
  ownerOf,
  sampleGenesis,
  transfer,
  VALIDATOR_KEYS,
  VALIDATORS,
  walletOf,
} from "../../test/ledger-fixtures.ts";
import { NaiveLedger, naiveEvidenceRoot, naiveTxRoot } from "../../test/naive-ledger.ts";
import { compareBytes, equalBytes, ZERO_HASH } from "../codec/bytes.ts";
import { txSignBytes } from "../codec/sign-bytes.ts";
import { certificateHashOf, txidOf, validatorsHashOf } from "../crypto/ids.ts";
import {
  type Block,
  type BlockHeader,
  type OutPoint,
  PREVOTE,
  type Transaction,
} from "../types/chain.ts";
import type { Evidence } from "../types/evidence.ts";
import type { ChainHead, Utxo } from "../types/ledger.ts";
import { applyBlock } from "./apply-block.ts";
import { buildBlock } from "./build-block.ts";
import { outPointKey } from "./utxo-view.ts";

/** One chain under both ledgers. */
class TwoLedgers {
  readonly #world = ledgerWorld(
    sampleGenesis(WALLETS, {
      maxBlockBytes: 65_536,
      maxBlockTxs: 4,
      maxEvidenceAgeBlocks: MAX_EVIDENCE_AGE,
    }),
  );
  readonly #coins = new Map(this.#world.utxos.map((utxo) => [outPointKey(utxo.outPoint), utxo]));
  readonly #view = { utxo: (outPoint: OutPoint) => this.#coins.get(outPointKey(outPoint)) };
  readonly #naive = new NaiveLedger(this.#world.params, VALIDATORS, {
    timestampMs: this.#world.head.timestampMs,
    coins: this.#world.utxos.map(({ address, value }) => [address, value] as const),
  });
  #head: ChainHead = this.#world.head;
  #spentBefore: Utxo | undefined;
  accepted = 0;
  convicted = 0;

  /** Runs one planned block through both. */
  play(plan: BlockPlan): void {
    const block = this.#blockOf(plan);
    const real = applyBlock({ view: this.#view, head: this.#head, block }, this.#world.rules);
    const fault = this.#naive.apply(block);
    const verdict = real.ok ? "valid" : `${real.code}: ${real.reason}`;
    expect(real.ok, `naive says ${fault ?? "valid"}, applyBlock ${verdict}`).toBe(
      fault === undefined,
    );
    if (!real.ok) return;
    const { created, spent, head } = real.value;
    for (const utxo of spent) this.#coins.delete(outPointKey(utxo.outPoint));
    for (const utxo of created) this.#coins.set(outPointKey(utxo.outPoint), utxo);
    this.#spentBefore = spent[0] ?? this.#spentBefore;
    this.#head = head;
    this.accepted += 1;
    this.convicted = head.validatorState.tombstones.length;
    expect(equalBytes(head.stateRoot, this.#naive.stateRoot())).toBe(true);
    expect(head.supply).toBe(this.#naive.supply());
    expect(head.feePot).toBe(this.#naive.feePot);
    expect(head.supply + head.feePot).toBe(this.#world.head.supply);
    expect(this.#coins.size).toBe(this.#naive.coins.size);
  }

  /** An honest block of the transactions that are valid; buildBlock's own must be accepted. */
  build(plan: BlockPlan): void {
    const draft = {
      view: this.#view,
      head: this.#head,
      lastCommit: this.#lastCommit(plan),
      round: plan.round,
      proposer: this.#proposer(plan),
      timestampMs: this.#head.timestampMs + plan.stepMs,
      candidates: checkedOf(this.#transactions(plan.txs), this.#view, this.#world.rules),
      evidence: this.#evidence(plan.evidence),
    };
    const { block, applied } = buildBlock(draft, this.#world.rules);
    expect(applyBlock({ ...draft, block }, this.#world.rules)).toEqual({
      ok: true,
      value: applied,
    });
    expect(this.#naive.copy().apply(block)).toBeUndefined();
  }

  #lastCommit({ commitRound }: BlockPlan) {
    const { height, blockHash } = this.#head;
    return height === 0 ? undefined : commitOf(height, blockHash, commitRound);
  }

  #proposer({ round }: BlockPlan): Uint8Array {
    const set = this.#naive.validators.setAt(this.#head.height + 1);
    return set[round % set.length]?.publicKey ?? ZERO_HASH;
  }

  /** In the order that a block demands, where no fault is planned against it. */
  #evidence(plans: readonly EvidencePlan[]): Evidence[] {
    const pieces = plans.map((plan) => plannedEvidence(plan, this.#head.height + 1));
    const sorted = pieces.sort((a, b) => compareBytes(a.publicKey, b.publicKey));
    const isTwice = plans.some(({ fault }) => fault === "twice");
    return sorted.filter(
      (piece, i) => isTwice || !equalBytes(piece.publicKey, sorted[i - 1]?.publicKey ?? ZERO_HASH),
    );
  }

  #transactions(plans: readonly TxPlan[]): Transaction[] {
    const pool = [...this.#coins.values()];
    const transactions: Transaction[] = [];
    for (const plan of plans) {
      const picked = [...new Set(plan.picks.map((pick) => pool[pick % pool.length] as Utxo))];
      const tx = plannedTx(plan, picked, this.#spentBefore);
      // "again" leaves its inputs there, for a later transaction of the block to spend once more.
      if (plan.fault !== "again") for (const utxo of picked) pool.splice(pool.indexOf(utxo), 1);
      // Later transactions of the block may spend what this one makes.
      for (const index of tx.body.outputs.keys())
        pool.push(outputOf(tx, index, this.#head.height + 1));
      transactions.push(tx);
      if (pool.length === 0) break;
    }
    return transactions;
  }

  #blockOf(plan: BlockPlan): Block {
    const planned = this.#transactions(plan.txs);
    const transactions = plan.fault === "reversed" ? planned.toReversed() : planned;
    const evidence = this.#evidence(plan.evidence);
    const lastCommit = this.#lastCommit(plan);
    const sets = this.#naive.validators;
    const honest = honestRoot(this.#naive.copy(), { transactions, lastCommit, evidence });
    const header: BlockHeader = {
      version: 2,
      height: this.#head.height + 1,
      round: plan.round,
      parentHash: this.#head.blockHash,
      lastCommitHash: lastCommit === undefined ? ZERO_HASH : certificateHashOf(lastCommit),
      validatorsHash: validatorsHashOf(sets.setAt(this.#head.height + 1)),
      nextValidatorsHash: validatorsHashOf(sets.setAt(this.#head.height + 2)),
      txRoot: naiveTxRoot(transactions),
      evidenceRoot: naiveEvidenceRoot(evidence),
      stateRoot: honest,
      proposer: this.#proposer(plan),
      timestampMs: this.#head.timestampMs + plan.stepMs,
    };
    return spoil({ header, lastCommit, evidence, transactions }, plan.fault, this.#head);
  }
}

/** The liar's root; where it has invented coins beyond 64 bits, any root will do. */
function honestRoot(
  liar: NaiveLedger,
  block: Pick<Block, "transactions" | "lastCommit" | "evidence">,
): Uint8Array {
  const root = liar.rootWithoutRules(block);
  const sane = liar.feePot >= 0n && liar.supply() < 2n ** 64n;
  return sane ? root : ZERO_HASH;
}

/** Evidence for the block of `height`, spoiled as planned. */
function plannedEvidence({ fault, culprit, kind, age }: EvidencePlan, height: number): Evidence {
  const key = VALIDATOR_KEYS[culprit] as (typeof VALIDATOR_KEYS)[number];
  const heights = { future: height, old: height - MAX_EVIDENCE_AGE - 1, heightZero: 0 };
  const at = fault in heights ? heights[fault as keyof typeof heights] : height - age;
  const place = { kind, height: Math.max(0, at), round: age };
  const piece = doubleSigned(fault === "stranger" ? walletOf(5).key : key, place);
  const { first } = piece;
  if (fault === "sameBlock") return { ...piece, second: first };
  if (fault === "otherKind") {
    return { ...piece, kind: kind === "doublePrevote" ? "doublePrecommit" : "doublePrevote" };
  }
  if (fault !== "badSignature") return piece;
  return { ...piece, second: { ...piece.second, signature: first.signature } };
}

function plannedTx(
  plan: TxPlan,
  picked: readonly Utxo[],
  spentBefore: Utxo | undefined,
): Transaction {
  const { fault, to } = plan;
  const inputs = fault === "twice" ? [...picked, ...picked] : [...picked];
  if (fault === "missing")
    inputs.push({ ...(picked[0] as Utxo), outPoint: { txid: ZERO_HASH, index: 3 } });
  if (fault === "spentBefore" && spentBefore !== undefined) inputs.push(spentBefore);
  const sum = picked.reduce((total, { value }) => total + value, 0n);
  const leastFee = sum / 1001n > 1000n ? sum / 1001n + 1n : 1000n;
  const fee = leastFee + BigInt(plan.fee);
  let rest = sum - fee;
  if (fault === "feeEdge") rest = mostPayable(sum) + BigInt(plan.fee === 0 ? 1 : 0);
  if (fault === "feeLow") rest = sum - 999n;
  if (fault === "feeShare") rest = sum - sum / 1010n;
  if (fault === "overspend") rest = sum + 1_000n;
  const share = rest / BigInt(plan.outputs);
  const outputs = Array.from({ length: plan.outputs }, (_, i) => ({
    value: i === 0 ? rest - share * BigInt(plan.outputs - 1) : share,
    address: walletOf((to + i) % WALLETS).address,
  }));
  if (fault === "dust") outputs.push({ value: 545n, address: walletOf(to).address });
  if (fault === "overflow") outputs.push({ value: 2n ** 64n - 1n, address: walletOf(to).address });
  const body = {
    ...(fault === "version" ? { version: 2 } : {}),
    ...(fault === "payload" ? { payload: Uint8Array.of(7) } : {}),
  };
  const safe = outputs.map((output) => ({
    ...output,
    value: output.value > 0n ? output.value : 1n,
  }));
  const tx = transfer(inputs, fault === "noOutput" ? [] : safe, body);
  const [first, ...others] = tx.witnesses;
  if (first === undefined) return tx;
  if (fault === "noWitness") return { ...tx, witnesses: others };
  if (fault === "foreignKey") {
    const { key } = walletOf(99);
    const signature = key.sign(txSignBytes(GENESIS_HASH, txidOf(tx.body)));
    return { ...tx, witnesses: [{ publicKey: key.publicKey, signature }, ...others] };
  }
  if (fault === "badSignature") {
    const signature = ownerOf((picked[0] as Utxo).address).key.sign(ZERO_HASH);
    return { ...tx, witnesses: [{ ...first, signature }, ...others] };
  }
  return tx;
}

/** The largest sum of outputs for which inputs of `sum` still pay the least fee. */
function mostPayable(sum: bigint): bigint {
  const byShare = (sum * 1000n) / 1001n;
  return byShare < sum - 1000n ? byShare : sum - 1000n;
}

function spoil(block: Block, fault: BlockPlan["fault"], head: ChainHead): Block {
  const other = new Uint8Array(32).fill(0xaa);
  const change = (header: Partial<BlockHeader>, rest: Partial<Block> = {}): Block => ({
    ...block,
    ...rest,
    header: { ...block.header, ...header },
  });
  const wrongCommit = commitOf(head.height, other);
  switch (fault) {
    case "version":
      return change({ version: 1 });
    case "height":
      return change({ height: head.height });
    case "parent":
      return change({ parentHash: other });
    case "time":
      return change({ timestampMs: head.timestampMs });
    case "validators":
      return change({ validatorsHash: other });
    case "nextValidators":
      return change({ nextValidatorsHash: other });
    case "proposer":
      return change({ proposer: other });
    case "commitHash":
      return change({ lastCommitHash: other });
    case "commitMissing":
      return change({}, { lastCommit: undefined });
    case "commitOther":
      return change(
        { lastCommitHash: certificateHashOf(wrongCommit) },
        { lastCommit: wrongCommit },
      );
    case "commitHeight": {
      const early = commitOf(head.height - 1, head.blockHash);
      return change({ lastCommitHash: certificateHashOf(early) }, { lastCommit: early });
    }
    case "commitType": {
      const polka = { ...commitOf(head.height, head.blockHash), type: PREVOTE } as const;
      return change({ lastCommitHash: certificateHashOf(polka) }, { lastCommit: polka });
    }
    case "txRoot":
      return change({ txRoot: other });
    case "stateRoot":
      return change({ stateRoot: other });
    case "evidenceRoot":
      return change({ evidenceRoot: other });
    case "none":
    case "reversed":
      return block;
    default:
      return fault satisfies never;
  }
}

describe("two ledgers", () => {
  it("give the same verdict and the same root on random chains", () => {
    let accepted = 0;
    let played = 0;
    let convicted = 0;
    fc.assert(
      fc.property(fc.array(blockPlan, { minLength: 1, maxLength: 6 }), (plans) => {
        const ledgers = new TwoLedgers();
        for (const plan of plans) ledgers.play(plan);
        accepted += ledgers.accepted;
        convicted += ledgers.convicted;
        played += plans.length;
      }),
      { numRuns: 150 },
    );
    // The generator is worth something only while it makes plenty of both kinds.
    expect(accepted).toBeGreaterThan(played / 10);
    expect(accepted).toBeLessThan((played * 9) / 10);
    expect(convicted).toBeGreaterThan(0);
  });

  it("agree that what buildBlock makes is valid, whatever the candidates", () => {
    fc.assert(
      fc.property(fc.array(blockPlan, { minLength: 1, maxLength: 4 }), (plans) => {
        const ledgers = new TwoLedgers();
        for (const plan of plans) {
          ledgers.build(plan);
          const txs = plan.txs.slice(0, 4).map((tx) => ({ ...tx, fault: "none" as const }));
          const evidence = plan.evidence
            .slice(0, 1)
            .map((piece) => ({ ...piece, fault: "none" as const }));
          const sane = ledgers.convicted === 0 && ledgers.accepted > 3 ? evidence : [];
          ledgers.play({ ...plan, fault: "none", txs, evidence: sane });
        }
        expect(ledgers.accepted).toBe(plans.length);
      }),
      { numRuns: 60 },
    );
  });

  it("agree over three epochs of failed slots and ejections", () => {
    const ledgers = new TwoLedgers();
    const none = { fault: "none", txs: [], round: 0, stepMs: 1 } as const;
    for (let height = 1; height <= 190; height++) {
      // A phase of round 0 alone, then one in which nearly every height fails somewhere.
      const commitRound = height % 90 < 40 ? 0 : (height * height) % 7;
      const isGuilty = height === 70 || height === 131;
      const evidence = isGuilty
        ? [{ fault: "none", culprit: height % 4, kind: "doublePrecommit", age: 2 } as const]
        : [];
      ledgers.play({ ...none, commitRound, evidence });
      expect(ledgers.accepted).toBe(height);
    }
    expect(ledgers.convicted).toBe(2);
  });
});
