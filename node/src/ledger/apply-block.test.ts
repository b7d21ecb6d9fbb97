import { describe, expect, it } from "vitest";
import {
  checkedOf,
  commitOf,
  GENESIS_HASH,
  type LedgerWorld,
  ledgerWorld,
  outputOf,
  payAll,
  sampleGenesis,
  transfer,
  VALIDATORS,
  walletOf,
} from "../../test/ledger-fixtures.ts";
import { toHex } from "../codec/hex.ts";
import { certificateHashOf, witnessIdOf } from "../crypto/ids.ts";
import type { Block, BlockHeader, Transaction } from "../types/chain.ts";
import type { ChainHead, Utxo } from "../types/ledger.ts";
import { applyBlock } from "./apply-block.ts";
import { type BlockDraft, buildBlock } from "./build-block.ts";
import { maxBlockBytesOf } from "./params.ts";
import { outPointKey, type UtxoView } from "./utxo-view.ts";

/** The unspent outputs of a world, as blocks change them. */
class Coins implements UtxoView {
  readonly #coins = new Map<string, Utxo>();

  constructor(utxos: readonly Utxo[]) {
    for (const utxo of utxos) this.#coins.set(outPointKey(utxo.outPoint), utxo);
  }

  utxo(outPoint: Utxo["outPoint"]) {
    return this.#coins.get(outPointKey(outPoint));
  }
}

const world = ledgerWorld();
const view = new Coins(world.utxos);
const coin = (i: number): Utxo => world.utxos[i] as Utxo;
const proposer = (VALIDATORS[0] as (typeof VALIDATORS)[number]).publicKey;

const draftOf = (
  transactions: readonly Transaction[],
  over: Partial<BlockDraft> = {},
): BlockDraft => ({
  view,
  head: world.head,
  lastCommit: undefined,
  round: 0,
  proposer,
  timestampMs: world.head.timestampMs + 1,
  candidates: checkedOf(transactions, over.view ?? view, world.rules),
  evidence: [],
  ...over,
});

const judge = (block: Block, head: ChainHead = world.head, { rules }: LedgerWorld = world) =>
  applyBlock({ view, head, block }, rules);

const codeOf = (block: Block, head?: ChainHead) => {
  const result = judge(block, head);
  return result.ok ? "accepted" : result.code;
};

describe("applyBlock on what buildBlock made", () => {
  it("accepts it with the same changes", () => {
    const { block, applied, refused } = buildBlock(
      draftOf([payAll([coin(0)], 1), payAll([coin(2), coin(3)], 4)]),
      world.rules,
    );
    expect(refused).toEqual([]);
    expect(judge(block)).toEqual({ ok: true, value: applied });
    expect(applied.spent).toEqual([coin(0), coin(2), coin(3)]);
    expect(applied.created.map(({ value, height }) => [value, height])).toEqual([
      [9_980_000n, 1],
      [19_980_005n, 1],
    ]);
    expect(applied.fees).toBe(40_000n);
    expect(applied.head).toMatchObject({ height: 1, feePot: 40_000n });
    expect(applied.head.supply + applied.head.feePot).toBe(world.head.supply);
  });

  it("accepts an empty block, which leaves all coins as they are", () => {
    const { block, applied } = buildBlock(draftOf([]), world.rules);
    expect(judge(block)).toEqual({ ok: true, value: applied });
    expect(block.header.stateRoot).toEqual(applied.head.stateRoot);
    expect(applied.head.utxoAccumulator).toEqual(world.head.utxoAccumulator);
  });

  it("keeps a chain within the block out of the net change", () => {
    const first = payAll([coin(0)], 1);
    const second = payAll([outputOf(first, 0)], 2);
    const { block, applied } = buildBlock(draftOf([first, second]), world.rules);
    expect(judge(block)).toMatchObject({ ok: true });
    expect(applied.spent).toEqual([coin(0)]);
    expect(applied.created).toEqual([outputOf(second, 0)]);
    expect(applied.txids).toHaveLength(2);
  });

  it("leaves out what spends no unspent output and names it, and still builds a valid block", () => {
    const [first, doubleSpend, parent] = [[0, 1] as const, [0, 2] as const, [7, 1] as const].map(
      ([from, to]) => payAll([coin(from)], to),
    ) as [Transaction, Transaction, Transaction];
    const early = payAll([outputOf(parent, 0)], 3);
    const { candidates } = draftOf([first, doubleSpend, parent, early]);
    const withoutParent = candidates.filter(({ tx }) => tx !== parent);
    expect(withoutParent).toHaveLength(3);
    const draft = draftOf([], { candidates: withoutParent });
    const { block, refused } = buildBlock(draft, world.rules);
    expect(block.transactions).toEqual([first]);
    expect(refused).toEqual([doubleSpend, early].map(witnessIdOf));
    expect(codeOf(block)).toBe("accepted");
  });

  it("takes the height of an output from the chain, not from when its spender was checked", () => {
    const parent = payAll([coin(0)], 1);
    const child = payAll([outputOf(parent, 0)], 2);
    const candidates = checkedOf([parent, child], view, world.rules).slice(1);
    const late = new Coins([...world.utxos, outputOf(parent, 0, 5)]);
    const draft = draftOf([], { view: late, candidates });
    const { block, applied } = buildBlock(draft, world.rules);
    expect(applied.spent).toEqual([outputOf(parent, 0, 5)]);
    expect(applyBlock({ ...draft, block }, world.rules)).toEqual({ ok: true, value: applied });
  });

  it("carries its parent's certificate from height 2 on", () => {
    const validatorState = { ...world.head.validatorState, lastLeaders: [2, 0, 1, 3] };
    const blockHash = new Uint8Array(32).fill(6);
    const head = { ...world.head, height: 6, blockHash, validatorState };
    const lastCommit = commitOf(6, head.blockHash);
    const { block } = buildBlock(draftOf([], { head, lastCommit }), world.rules);
    expect(codeOf(block, head)).toBe("accepted");
    const without = { ...block, lastCommit: undefined };
    expect(codeOf(without, head)).toBe("BLOCK_LAST_COMMIT");
    const swap = (other: NonNullable<Block["lastCommit"]>): Block => ({
      ...block,
      lastCommit: other,
      header: { ...block.header, lastCommitHash: certificateHashOf(other) },
    });
    expect(codeOf(swap(lastCommit), head)).toBe("accepted");
    // Which round decided says whose leader slots failed, and that is part of the state.
    expect(codeOf(swap({ ...lastCommit, round: 1 }), head)).toBe("BLOCK_STATE_ROOT");
    expect(codeOf(swap({ ...lastCommit, type: 1 }), head)).toBe("BLOCK_LAST_COMMIT");
    expect(codeOf(swap({ ...lastCommit, height: 5 }), head)).toBe("BLOCK_LAST_COMMIT");
    expect(codeOf(swap(commitOf(6, GENESIS_HASH)), head)).toBe("BLOCK_LAST_COMMIT");
    expect(codeOf({ ...block, lastCommit: { ...lastCommit, round: 1 } }, head)).toBe(
      "BLOCK_LAST_COMMIT",
    );
  });
});

describe("applyBlock refuses", () => {
  const { block } = buildBlock(draftOf([payAll([coin(0)], 1)]), world.rules);
  const other = new Uint8Array(32).fill(0xee);

  it.each<[string, Partial<BlockHeader>, string]>([
    ["another version", { version: 1 }, "BLOCK_VERSION"],
    ["a height gap", { height: 2 }, "BLOCK_HEIGHT"],
    ["another parent", { parentHash: other }, "BLOCK_PARENT"],
    ["a time not after its parent's", { timestampMs: world.head.timestampMs }, "BLOCK_TIME"],
    ["another validator set", { validatorsHash: other }, "BLOCK_VALIDATORS"],
    ["another next set", { nextValidatorsHash: other }, "BLOCK_VALIDATORS"],
    ["a stranger's block", { proposer: other }, "BLOCK_PROPOSER"],
    ["a commit hash in block 1", { lastCommitHash: other }, "BLOCK_LAST_COMMIT"],
    ["another transaction root", { txRoot: other }, "BLOCK_TX_ROOT"],
    ["another state root", { stateRoot: other }, "BLOCK_STATE_ROOT"],
  ])("%s", (_, change, code) => {
    expect(codeOf({ ...block, header: { ...block.header, ...change } })).toBe(code);
  });

  it("a certificate in block 1", () => {
    expect(codeOf({ ...block, lastCommit: commitOf(0, GENESIS_HASH) })).toBe("BLOCK_LAST_COMMIT");
  });

  it("a changed, dropped or doubled transaction", () => {
    const { transactions } = block;
    expect(codeOf({ ...block, transactions: [payAll([coin(0)], 2)] })).toBe("BLOCK_TX_ROOT");
    expect(codeOf({ ...block, transactions: [] })).toBe("BLOCK_TX_ROOT");
    expect(codeOf({ ...block, transactions: [...transactions, ...transactions] })).toBe(
      "BLOCK_TX_ROOT",
    );
  });
});

describe("block limits", () => {
  it("halve with each round and end at 64 KiB", () => {
    const params = { maxBlockBytes: 1024 * 1024 };
    const sizes = [0, 1, 2, 3, 4, 5, 2000].map((round) => maxBlockBytesOf(params, round));
    expect(sizes.map((bytes) => bytes / 1024)).toEqual([1024, 512, 256, 128, 64, 64, 64]);
  });

  it("bound what is built and what is accepted, in bytes and in number", () => {
    const crowd = ledgerWorld(sampleGenesis(190, { maxBlockBytes: 128 * 1024, maxBlockTxs: 150 }));
    const coins = new Coins(crowd.utxos);
    const fat = crowd.utxos.map((utxo, i) =>
      transfer(
        [utxo],
        Array.from({ length: 30 }, () => ({ value: 1_000n, address: walletOf(i).address })),
      ),
    );
    const draft = draftOf(fat, { view: coins, head: crowd.head });
    const wide = buildBlock(draft, crowd.rules).block;
    const narrow = buildBlock({ ...draft, round: 1 }, crowd.rules).block;
    // Each transaction has 994 bytes: 131 fit into 128 KiB, 65 into 64 KiB.
    expect(wide.transactions).toHaveLength(131);
    expect(narrow.transactions).toHaveLength(65);
    const accepted = (block: Block) => applyBlock({ ...draft, block }, crowd.rules);
    expect(accepted(wide)).toMatchObject({ ok: true });
    expect(accepted(narrow)).toMatchObject({ ok: true });
    const late = { ...wide, header: { ...wide.header, round: 1 } };
    expect(accepted(late)).toMatchObject({ code: "BLOCK_TOO_LARGE" });
    const slim = crowd.utxos.map((utxo, i) => payAll([utxo], i));
    const many = buildBlock(
      { ...draft, candidates: checkedOf(slim, coins, crowd.rules) },
      crowd.rules,
    ).block;
    expect(many.transactions).toHaveLength(150);
    const fewer = { ...crowd.rules, params: { ...crowd.params, maxBlockTxs: 149 } };
    expect(applyBlock({ ...draft, block: many }, fewer)).toMatchObject({ code: "BLOCK_TOO_LARGE" });
  });

  it("do not make a child invalid whose parent did not fit", () => {
    const small = ledgerWorld(sampleGenesis(70, { maxBlockBytes: 64 * 1024 }));
    const fat = small.utxos.slice(0, 66).map((utxo, i) =>
      transfer(
        [utxo],
        Array.from({ length: 30 }, () => ({ value: 5_000n, address: walletOf(i).address })),
      ),
    );
    const orphan = payAll([outputOf(fat[65] as Transaction, 0)], 1, 2_000n);
    const draft = draftOf([...fat, orphan], { view: new Coins(small.utxos), head: small.head });
    const { block, refused } = buildBlock(draft, small.rules);
    expect(block.transactions).toHaveLength(65);
    expect(refused).toEqual([]);
  });
});

describe("the state after genesis", () => {
  it("has a golden root", () => {
    expect(toHex(world.head.stateRoot)).toBe(
      "07bc865301aecb4770f79c7f97d4de312339f9a01f149c9853d54da9ace70e7f",
    );
  });
});
