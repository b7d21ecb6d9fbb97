import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkedOf,
  ledgerWorld,
  outputOf,
  payAll,
  sampleGenesis,
  transfer,
  VALIDATORS,
  walletOf,
} from "../../test/ledger-fixtures.ts";
import { ZERO_HASH } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { txidOf, witnessIdOf } from "../crypto/ids.ts";
import { buildBlock } from "../ledger/build-block.ts";
import { outPointKey } from "../ledger/utxo-view.ts";
import type { CheckedTransaction } from "../ledger/validate-transaction.ts";
import type { OutPoint, Transaction } from "../types/chain.ts";
import type { Utxo } from "../types/ledger.ts";
import { DEFAULT_MEMPOOL_LIMITS, Mempool, type MempoolLimits } from "./mempool.ts";

const world = ledgerWorld(sampleGenesis(60));
const coin = (i: number): Utxo => world.utxos[i] as Utxo;
const viewOf = (utxos: readonly Utxo[]) => {
  const map = new Map(utxos.map((utxo) => [outPointKey(utxo.outPoint), utxo]));
  return { utxo: (outPoint: OutPoint) => map.get(outPointKey(outPoint)) };
};
const view = viewOf(world.utxos);
const poolOf = (limits: Partial<MempoolLimits> = {}) =>
  new Mempool(world.rules, { ...DEFAULT_MEMPOOL_LIMITS, ...limits });
const idOf = (tx: Transaction): string => toHex(witnessIdOf(tx));
const committed = (tx: Transaction) => ({ txid: txidOf(tx.body), inputs: tx.body.inputs });

function admit(pool: Mempool, tx: Transaction, height = 0): string {
  const result = pool.admit(tx, view, height);
  pool.checkInvariants();
  return result.ok ? "admitted" : result.code;
}

const selected = (pool: Mempool, maxBytes: number, maxTxs: number): Transaction[] =>
  pool.select(maxBytes, maxTxs).map(({ tx }) => tx);

/** A chain of `length` transactions from coin `i` on. */
function chainFrom(i: number, length: number): Transaction[] {
  const chain = [payAll([coin(i)], 1)];
  while (chain.length < length) {
    chain.push(payAll([outputOf(chain.at(-1) as Transaction, 0)], 1));
  }
  return chain;
}

describe("admission", () => {
  it("takes a valid transaction once", () => {
    const pool = poolOf();
    const tx = payAll([coin(0)], 1);
    expect(admit(pool, tx)).toBe("admitted");
    expect(admit(pool, tx)).toBe("TX_KNOWN");
    expect(pool.has(idOf(tx))).toBe(true);
    expect(pool.getByTxid(toHex(txidOf(tx.body)))?.tx).toBe(tx);
    expect([pool.size, pool.sizeBytes]).toEqual([1, 182]);
  });

  it("keeps the first of two that spend the same output, whatever the second pays", () => {
    const pool = poolOf();
    expect(admit(pool, payAll([coin(0)], 1))).toBe("admitted");
    expect(admit(pool, payAll([coin(0), coin(1)], 2, 900_000n))).toBe("TX_CONFLICT");
    expect(admit(pool, payAll([coin(1)], 2))).toBe("admitted");
  });

  it("applies the ledger's rules", () => {
    const pool = poolOf();
    expect(admit(pool, payAll([coin(0)], 1, 999n))).toBe("TX_FEE_TOO_LOW");
    expect(admit(pool, payAll([outputOf(payAll([coin(1)], 1), 0)], 2))).toBe("TX_INPUT_MISSING");
    const tx = payAll([coin(0)], 1);
    const forged = { ...tx, witnesses: payAll([coin(0)], 2).witnesses };
    expect(admit(pool, forged)).toBe("TX_SIGNATURE");
    expect(pool.size).toBe(0);
  });

  it("lets transactions stand on waiting ones, up to the bound", () => {
    const pool = poolOf({ maxAncestors: 3 });
    const verdicts = chainFrom(0, 5).map((tx) => admit(pool, tx));
    expect(verdicts).toEqual(["admitted", "admitted", "admitted", "admitted", "TX_CHAIN_TOO_LONG"]);
  });

  it("refuses an output that a waiting parent does not have", () => {
    const pool = poolOf();
    const parent = payAll([coin(0)], 1);
    admit(pool, parent);
    const output = outputOf(parent, 0);
    const beyond = { ...output, outPoint: { ...output.outPoint, index: 1 } };
    expect(admit(pool, payAll([beyond], 2))).toBe("TX_INPUT_MISSING");
  });
});

describe("a full mempool", () => {
  it("gives way only to a higher fee a byte, and gives up the lowest", () => {
    const pool = poolOf({ maxTxs: 3 });
    const [low, middle, high] = [20_000n, 30_000n, 40_000n].map((fee, i) =>
      payAll([coin(i)], 1, fee),
    );
    for (const tx of [middle, low, high]) expect(admit(pool, tx as Transaction)).toBe("admitted");
    expect(admit(pool, payAll([coin(5)], 1, 20_000n))).toBe("MEMPOOL_FULL");
    expect(admit(pool, payAll([coin(5)], 1, 20_001n))).toBe("admitted");
    expect(pool.has(idOf(low as Transaction))).toBe(false);
    expect(pool.size).toBe(3);
  });

  it("counts bytes too, and evicts as many as it takes", () => {
    const pool = poolOf({ maxBytes: 3 * 182 });
    for (const i of [0, 1, 2]) expect(admit(pool, payAll([coin(i)], 1))).toBe("admitted");
    // Two inputs: 314 bytes need the room of two.
    expect(admit(pool, payAll([coin(5), coin(6)], 1, 90_000n))).toBe("admitted");
    expect(pool.size).toBe(2);
    expect(admit(pool, payAll([coin(7), coin(8), coin(9), coin(10), coin(11)], 1, 999_000n))).toBe(
      "MEMPOOL_FULL",
    );
  });

  it("evicts no parent before its child, and no ancestor of the newcomer", () => {
    const pool = poolOf({ maxTxs: 2 });
    const [parent, child] = chainFrom(0, 2) as [Transaction, Transaction];
    const cheap = payAll([coin(0)], 1, 10_000n);
    expect(admit(pool, cheap)).toBe("admitted");
    const dear = payAll([outputOf(cheap, 0)], 1, 50_000n);
    expect(admit(pool, dear)).toBe("admitted");
    // The lowest is the parent, which stays; the child pays more than the newcomer.
    expect(admit(pool, payAll([coin(1)], 1, 40_000n))).toBe("MEMPOOL_FULL");
    expect(admit(pool, payAll([coin(1)], 1, 60_000n))).toBe("admitted");
    expect([pool.has(idOf(cheap)), pool.has(idOf(dear))]).toEqual([true, false]);
    const alone = poolOf({ maxTxs: 1 });
    expect(admit(alone, parent)).toBe("admitted");
    expect(admit(alone, payAll([outputOf(parent, 0)], 2, 90_000n))).toBe("MEMPOOL_FULL");
    expect(admit(alone, child)).toBe("MEMPOOL_FULL");
  });

  it("evicts nobody for a transaction with a bad signature", () => {
    const pool = poolOf({ maxTxs: 1 });
    admit(pool, payAll([coin(0)], 1));
    const tx = payAll([coin(1)], 1, 900_000n);
    const forged = { ...tx, witnesses: payAll([coin(1)], 2).witnesses };
    expect(admit(pool, forged)).toBe("TX_SIGNATURE");
    expect(pool.size).toBe(1);
  });
});

describe("selection", () => {
  it("is by fee a byte, parents first", () => {
    const pool = poolOf();
    const cheap = payAll([coin(0)], 1, 10_000n);
    const middle = payAll([coin(1)], 1, 30_000n);
    const dear = payAll([outputOf(cheap, 0)], 2, 60_000n);
    for (const tx of [cheap, middle, dear]) admit(pool, tx);
    expect(selected(pool, 1_000_000, 10)).toEqual([cheap, dear, middle]);
  });

  it("passes over a chain that does not fit, and goes on", () => {
    const pool = poolOf();
    const cheap = payAll([coin(0)], 1, 10_000n);
    const dear = payAll([outputOf(cheap, 0)], 2, 60_000n);
    const middle = payAll([coin(1)], 1, 30_000n);
    for (const tx of [cheap, dear, middle]) admit(pool, tx);
    expect(selected(pool, 1_000_000, 1)).toEqual([middle]);
    expect(selected(pool, 363, 10)).toEqual([middle]);
    expect(selected(pool, 364, 10)).toEqual([cheap, dear]);
  });
});

describe("after a commit", () => {
  it("drops what the block holds and keeps its children", () => {
    const pool = poolOf();
    const [parent, child] = chainFrom(0, 2) as [Transaction, Transaction];
    admit(pool, parent);
    admit(pool, child);
    const removal = pool.removeCommitted([committed(parent)], 1);
    pool.checkInvariants();
    expect(removal.committed.map(({ tx }) => tx)).toEqual([parent]);
    expect(removal.conflicting).toEqual([]);
    expect(selected(pool, 1_000_000, 10)).toEqual([child]);
  });

  it("drops a transaction that the block holds with other witnesses", () => {
    const pool = poolOf();
    const tx = payAll([coin(0)], 1);
    admit(pool, tx);
    expect(pool.removeCommitted([committed({ ...tx, witnesses: [] })], 1).committed).toHaveLength(
      1,
    );
    expect(pool.size).toBe(0);
  });

  it("drops what the block made impossible, with all that stands on it", () => {
    const pool = poolOf();
    for (const tx of chainFrom(0, 4)) admit(pool, tx);
    const stays = payAll([coin(1)], 1);
    admit(pool, stays);
    const removal = pool.removeCommitted([committed(payAll([coin(0)], 9))], 1);
    pool.checkInvariants();
    expect(removal.conflicting).toHaveLength(4);
    expect(selected(pool, 1_000_000, 10)).toEqual([stays]);
  });

  it("drops what nobody included within its time", () => {
    const pool = poolOf({ ttlBlocks: 10 });
    admit(pool, payAll([coin(0)], 1), 5);
    admit(pool, payAll([coin(1)], 1), 6);
    expect(pool.removeCommitted([], 15).expired).toHaveLength(0);
    expect(pool.removeCommitted([], 16).expired).toHaveLength(1);
    expect(pool.removeCommitted([], 17).expired).toHaveLength(1);
    pool.checkInvariants();
  });

  it("drops on request a transaction and its descendants", () => {
    const pool = poolOf();
    const chain = chainFrom(0, 3);
    for (const tx of chain) admit(pool, tx);
    expect(pool.remove(idOf(chain[1] as Transaction))).toHaveLength(2);
    pool.checkInvariants();
    expect(pool.remove("00")).toEqual([]);
    expect(selected(pool, 1_000_000, 10)).toEqual([chain[0]]);
  });
});

/** A chain of blocks over a mempool with tight bounds. */
class Chain {
  readonly pool = poolOf({ maxTxs: 5, maxBytes: 1_200, ttlBlocks: 4, maxAncestors: 2 });
  readonly #coins = new Map(
    world.utxos.slice(0, 10).map((utxo) => [outPointKey(utxo.outPoint), utxo]),
  );
  readonly view = { utxo: (outPoint: OutPoint) => this.#coins.get(outPointKey(outPoint)) };
  readonly outcomes: string[] = [];
  #head = world.head;
  height = 0;

  /** Outputs that exist, on the chain or in waiting transactions. */
  spendable(): Utxo[] {
    const waiting = [...this.pool.entries()].flatMap(({ tx }) =>
      [...tx.body.outputs.keys()].map((index) => outputOf(tx, index)),
    );
    return [...this.#coins.values(), ...waiting];
  }

  /** Builds the next block of these transactions, which must all be valid. */
  commit(candidates: readonly CheckedTransaction[]): void {
    const { applied, block, refused } = buildBlock(
      {
        view: this.view,
        head: { ...this.#head, height: 0 },
        lastCommit: undefined,
        round: 0,
        proposer: VALIDATORS[0]?.publicKey ?? ZERO_HASH,
        timestampMs: this.#head.timestampMs + 1,
        evidence: [],
        candidates,
      },
      world.rules,
    );
    expect(refused).toEqual([]);
    expect(block.transactions).toHaveLength(candidates.length);
    for (const utxo of applied.spent) this.#coins.delete(outPointKey(utxo.outPoint));
    for (const utxo of applied.created) this.#coins.set(outPointKey(utxo.outPoint), utxo);
    this.#head = applied.head;
    this.height += 1;
    this.pool.removeCommitted(block.transactions.map(committed), this.height);
  }
}

type Move =
  | {
      readonly type: "admit";
      readonly picks: readonly number[];
      readonly fee: number;
      readonly split: boolean;
    }
  | { readonly type: "commit"; readonly maxTxs: number }
  | { readonly type: "foreign"; readonly pick: number }
  | { readonly type: "remove"; readonly pick: number };

class MoveCommand implements fc.Command<{ moves: number }, Chain> {
  readonly #move: Move;

  constructor(move: Move) {
    this.#move = move;
  }

  check(): boolean {
    return true;
  }

  run(_: { moves: number }, chain: Chain): void {
    const move = this.#move;
    const all = chain.spendable();
    switch (move.type) {
      case "admit": {
        const picked = [...new Set(move.picks.map((pick) => all[pick % all.length] as Utxo))];
        const value = picked.reduce((sum, utxo) => sum + utxo.value, 0n) - BigInt(move.fee);
        if (value < 2_000n) return;
        const parts = move.split ? [value / 2n, value - value / 2n] : [value];
        const outputs = parts.map((part, i) => ({ value: part, address: walletOf(i).address }));
        const result = chain.pool.admit(transfer(picked, outputs), chain.view, chain.height);
        chain.outcomes.push(result.ok ? `${result.value.evicted.length} evicted` : result.code);
        break;
      }
      case "commit":
        chain.commit(chain.pool.select(2_000, move.maxTxs));
        break;
      case "foreign": {
        const onChain = all.filter(({ outPoint }) => chain.view.utxo(outPoint) !== undefined);
        const picked = onChain[move.pick % onChain.length];
        if (picked !== undefined && picked.value > 300_000n) {
          chain.commit(checkedOf([payAll([picked], 7, 200_000n)], chain.view, world.rules));
        }
        break;
      }
      case "remove": {
        const entry = [...chain.pool.entries()][move.pick % Math.max(1, chain.pool.size)];
        if (entry !== undefined) expect(chain.pool.remove(entry.id)).not.toHaveLength(0);
        break;
      }
    }
    chain.pool.checkInvariants();
  }

  toString(): string {
    return JSON.stringify(this.#move);
  }
}

describe("any sequence of moves", () => {
  const move = fc.oneof(
    {
      weight: 16,
      arbitrary: fc.record({
        type: fc.constant("admit" as const),
        picks: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        fee: fc.integer({ min: 10_100, max: 200_000 }),
        split: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant("commit" as const), maxTxs: fc.nat(3) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("foreign" as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("remove" as const), pick: fc.nat() }) },
  );

  it("leaves map and indices in agreement, within bounds, and every selection buildable", () => {
    const outcomes = new Set<string>();
    const commands = fc.commands([move.map((plan) => new MoveCommand(plan))], {
      maxCommands: 60,
      size: "max",
    });
    fc.assert(
      fc.property(commands, (moves) => {
        const chain = new Chain();
        fc.modelRun(() => ({ model: { moves: 0 }, real: chain }), moves);
        for (const outcome of chain.outcomes) outcomes.add(outcome);
        // Whatever waits at the end can all be built, in its order of selection.
        chain.commit(chain.pool.select(1_000_000, 1_000));
        expect(chain.pool.size).toBe(0);
      }),
      { numRuns: 100 },
    );
    // The moves are worth something only while they reach every kind of answer.
    const kinds = ["0 evicted", "1 evicted", "TX_CONFLICT", "TX_CHAIN_TOO_LONG", "MEMPOOL_FULL"];
    expect([...outcomes]).toEqual(expect.arrayContaining(kinds));
  });
});
