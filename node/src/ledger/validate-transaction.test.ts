import { describe, expect, it } from "vitest";
import {
  GENESIS_HASH,
  ledgerWorld,
  outputOf,
  payAll,
  transfer,
  walletOf,
} from "../../test/ledger-fixtures.ts";
import { MAX_SATOSHI } from "../codec/amount.ts";
import { txSignBytes } from "../codec/sign-bytes.ts";
import { txidOf, witnessIdOf } from "../crypto/ids.ts";
import type { Transaction } from "../types/chain.ts";
import type { Utxo } from "../types/ledger.ts";
import type { BlockDraft } from "./build-block.ts";
import { outPointKey, type UtxoView } from "./utxo-view.ts";
import {
  type CheckedTransaction,
  checkSpend,
  checkWitnesses,
  type IdentifiedTx,
  identify,
  type TxRules,
} from "./validate-transaction.ts";

const { rules, utxos } = ledgerWorld();
const coin = (i: number): Utxo => utxos[i] as Utxo;

const viewOf = (list: readonly Utxo[]): UtxoView => {
  const map = new Map(list.map((utxo) => [outPointKey(utxo.outPoint), utxo]));
  return { utxo: (outPoint) => map.get(outPointKey(outPoint)) };
};
const view = viewOf(utxos);
const to = (value: bigint) => ({ value, address: walletOf(5).address });
const check = (tx: Transaction, over: UtxoView, by: TxRules) => {
  const priced = checkSpend(identify(tx), over, by.params);
  return priced.ok ? checkWitnesses(priced.value, by) : priced;
};
const verdict = (tx: Transaction, over: UtxoView = view) => {
  const result = check(tx, over, rules);
  return result.ok ? "accepted" : result.code;
};

describe("the rules of a transaction", () => {
  it("accept a transfer and say what it pays, spends and is called", () => {
    const tx = payAll([coin(0), coin(1)], 5, 30_000n);
    const named = { tx, txid: txidOf(tx.body), witnessId: witnessIdOf(tx), sizeBytes: 314 };
    expect(checkSpend(identify(tx), view, rules.params)).toEqual({
      ok: true,
      value: { ...named, fee: 30_000n, spent: [coin(0), coin(1)] },
    });
    // What depends on the view does not go on.
    expect(check(tx, view, rules)).toEqual({ ok: true, value: { ...named, fee: 30_000n } });
  });

  it("are the only way to a candidate for a block", () => {
    type IsCandidate<T> = T extends BlockDraft["candidates"][number] ? true : false;
    // The types say it: this does not compile where a transaction that was not checked is taken.
    const uncheckedIs: IsCandidate<IdentifiedTx & Pick<CheckedTransaction, "fee">> = false;
    const checkedIs: IsCandidate<CheckedTransaction> = true;
    expect([uncheckedIs, checkedIs]).toEqual([false, true]);
  });

  it("wants the larger of the least fee and a permille of the outputs, rounded up", () => {
    const rich = { ...coin(0), value: 2_001_001n };
    const over = viewOf([rich]);
    // 1,999,000 satoshi owe 1,999; a share below the least fee does not count.
    expect(verdict(transfer([rich], [to(1_999_002n)]), over)).toBe("TX_FEE_TOO_LOW");
    expect(verdict(transfer([rich], [to(1_999_001n)]), over)).toBe("accepted");
    const poor = { ...coin(0), value: 11_000n };
    expect(verdict(transfer([poor], [to(10_001n)]), viewOf([poor]))).toBe("TX_FEE_TOO_LOW");
    expect(verdict(transfer([poor], [to(10_000n)]), viewOf([poor]))).toBe("accepted");
  });

  it("takes 546 satoshi and refuses 545", () => {
    expect(verdict(transfer([coin(0)], [to(546n)]))).toBe("accepted");
    expect(verdict(transfer([coin(0)], [to(545n)]))).toBe("TX_DUST");
  });

  const good = payAll([coin(0)], 5);
  const stranger = walletOf(7).key;
  const resigned = (key: typeof stranger, message: Uint8Array): Transaction => ({
    ...good,
    witnesses: [{ publicKey: key.publicKey, signature: key.sign(message) }],
  });
  const many = (n: number) => Array.from({ length: n }, () => to(10_000n));

  it.each<[string, Transaction, string]>([
    ["another version", payAllWith({ version: 2 }), "TX_VERSION"],
    ["no input", transfer([], [to(10_000n)]), "TX_STRUCTURE"],
    ["no output", transfer([coin(0)], []), "TX_STRUCTURE"],
    ["513 outputs", transfer([coin(0)], many(513)), "TX_STRUCTURE"],
    ["a payload", payAllWith({ payload: Uint8Array.of(1) }), "TX_PAYLOAD"],
    ["a double input", transfer([coin(0), coin(0)], [to(10_000n)]), "TX_DUPLICATE_INPUT"],
    [
      "outputs over 64 bits",
      transfer([coin(0)], [to(MAX_SATOSHI), to(546n)]),
      "TX_AMOUNT_OVERFLOW",
    ],
    ["more out than in", transfer([coin(0)], [to(10_000_001n)]), "TX_INSUFFICIENT"],
    ["an unknown output", payAll([outputOf(good, 0)], 1), "TX_INPUT_MISSING"],
    ["a witness too few", { ...good, witnesses: [] }, "TX_WITNESS_COUNT"],
    [
      "a witness too many",
      { ...good, witnesses: [...good.witnesses, ...good.witnesses] },
      "TX_WITNESS_COUNT",
    ],
    [
      "another owner's key",
      resigned(stranger, txSignBytes(GENESIS_HASH, txidOf(good.body))),
      "TX_WITNESS_KEY",
    ],
    [
      "a signature for another network",
      resigned(walletOf(0).key, txSignBytes(new Uint8Array(32), txidOf(good.body))),
      "TX_SIGNATURE",
    ],
    [
      "a signature of other outputs",
      { ...payAll([coin(0)], 6), witnesses: good.witnesses },
      "TX_SIGNATURE",
    ],
  ])("refuses %s", (_, tx, code) => {
    expect(verdict(tx)).toBe(code);
  });

  function payAllWith(body: Partial<Transaction["body"]>): Transaction {
    return transfer([coin(0)], [to(1_000_000n)], body);
  }

  it("refuses more than 64 KiB", () => {
    const coins = Array.from({ length: 512 }, (_, i) => ({
      ...coin(0),
      outPoint: { txid: new Uint8Array(32).fill(9), index: i },
    }));
    const over = viewOf(coins);
    expect(verdict(transfer(coins.slice(0, 400), many(300)), over)).toBe("accepted");
    expect(verdict(transfer(coins, many(300)), over)).toBe("TX_TOO_LARGE");
  });

  it("refuses inputs that add up to more than 64 bits", () => {
    const huge = [0, 1].map((i) => ({ ...coin(i), value: MAX_SATOSHI - 5n }));
    expect(verdict(transfer(huge, [to(10_000n)]), viewOf(huge))).toBe("TX_AMOUNT_OVERFLOW");
  });

  it("verifies no signature of a transaction that is invalid more cheaply", () => {
    const verify = () => {
      throw new Error("asked");
    };
    const low = transfer([coin(0)], [to(coin(0).value)]);
    expect(check(low, view, { ...rules, verify })).toMatchObject({ code: "TX_FEE_TOO_LOW" });
  });
});
