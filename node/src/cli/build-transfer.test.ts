import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeTransaction } from "../codec/chain.ts";
import { txSignBytes } from "../codec/sign-bytes.ts";
import { txidOf } from "../crypto/ids.ts";
import { generateKeyPair, verifyPure } from "../crypto/pure-keys.ts";
import { minimumFee } from "../ledger/params.ts";
import { MAX_TX_BYTES } from "../types/limits.ts";
import { buildTransfer, type Coin, MAX_COINS, type TransferRequest } from "./build-transfer.ts";
import { signTransfer } from "./sign-transfer.ts";

const TO = new Uint8Array(20).fill(1);
const OWN = new Uint8Array(20).fill(2);
const RULES = { minFee: 1_000n, feePermille: 1, dust: 546n };

const coinsOf = (values: readonly bigint[]): Coin[] =>
  values.map((value, index) => ({ outPoint: { txid: new Uint8Array(32), index }, value }));

const request = (values: readonly bigint[], amount: bigint, changes = {}): TransferRequest => ({
  coins: coinsOf(values),
  to: TO,
  changeTo: OWN,
  amount,
  leastFee: 0n,
  rules: RULES,
  ...changes,
});

function build(...args: Parameters<typeof request>) {
  const result = buildTransfer(request(...args));
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

const code = (...args: Parameters<typeof request>) => {
  const result = buildTransfer(request(...args));
  return result.ok ? "ok" : result.code;
};

describe("buildTransfer", () => {
  it("makes equal payments differ by their salt, within the fee limit and above dust", () => {
    const [one, two] = [1n, 2n].map((salt) => build([100_000_000n], 50_000_000n, { salt }));
    expect(one && txidOf(one.body)).not.toEqual(two && txidOf(two.body));
    expect((two?.fee ?? 0n) - (one?.fee ?? 0n)).toBe(1n);
    const plain = build([100_000_000n], 50_000_000n);
    const tight = { salt: 5n, maxFee: plain.fee };
    expect(build([100_000_000n], 50_000_000n, tight)).toEqual(plain);
    // One that would leave a change below dust is left out.
    for (let more = 0n; more < 3_000n; more += 100n) {
      const coins = [50_050_000n + more];
      const salted = build(coins, 50_000_000n, { salt: 900n });
      const without = build(coins, 50_000_000n);
      const isLeftOut = without.change - 900n < RULES.dust;
      expect(salted.change).toBe(isLeftOut ? without.change : without.change - 900n);
    }
  });

  it("pays the amount, the least fee, and the change back", () => {
    const { body, fee, change } = build([10_000_000n], 5_000_000n);
    // ceil(10,000,000 / 1001) = 9,991: 0.1 % of the 9,990,009 that the outputs hold.
    expect([fee, change]).toEqual([9_991n, 4_990_009n]);
    expect(body.outputs).toEqual([
      { value: 5_000_000n, address: TO },
      { value: 4_990_009n, address: OWN },
    ]);
  });

  it("spends the coin that makes the smallest fee", () => {
    const { coins } = build([100_000_000_000n, 9_000_000n, 20_000_000n], 8_000_000n);
    expect(coins.map(({ value }) => value)).toEqual([9_000_000n]);
  });

  it("joins small coins rather than break a large one, and takes no needless coin", () => {
    const { coins } = build([1_000_000n, 6_000_000n, 5_000_000n, 10_000_000_000n], 10_000_000n);
    expect(coins.map(({ value }) => value)).toEqual([5_000_000n, 6_000_000n]);
  });

  it("makes no change below the dust limit: it goes to the fee", () => {
    const { body, fee, change } = build([101_500n], 100_000n);
    expect([body.outputs.length, fee, change]).toEqual([1, 1_500n, 0n]);
    expect(build([101_546n], 100_000n).change).toBe(546n);
  });

  it("pays a higher fee when asked to", () => {
    const { fee, change } = build([10_000_000n], 5_000_000n, { leastFee: 50_000n });
    expect([fee, change]).toEqual([50_000n, 4_950_000n]);
  });

  it("refuses dust, and what the coins cannot pay", () => {
    expect(code([10_000n], 545n)).toBe("TX_DUST");
    expect(code([], 1_000n)).toBe("FUNDS_INSUFFICIENT");
    expect(code([100_999n], 100_000n)).toBe("FUNDS_INSUFFICIENT");
    expect(code([101_000n], 100_000n)).toBe("ok");
  });

  it("spends as many coins as fit, the larger ones if need be, and says when they do not", () => {
    const values = Array.from({ length: MAX_COINS + 50 }, (_, n) => 1_000n + BigInt(n));
    const largest = values.slice(50).reduce((sum, value) => sum + value, 0n);
    expect(build(values, largest - 1_000n).coins).toHaveLength(MAX_COINS);
    expect(code(values, largest)).toBe("FUNDS_FRAGMENTED");
  });

  it("makes valid transactions of a size the rules admit, whatever the coins", () => {
    const value = fc.bigInt({ min: 1n, max: 10n ** 12n });
    const coins = fc.array(value, { maxLength: 700 });
    const rules = fc.record({
      minFee: fc.bigInt({ min: 0n, max: 5_000n }),
      feePermille: fc.integer({ min: 0, max: 1000 }),
      dust: fc.bigInt({ min: 1n, max: 1_000n }),
    });
    fc.assert(
      fc.property(
        coins,
        value,
        rules,
        fc.bigInt({ min: 0n, max: 10_000n }),
        (values, amount, rule, leastFee) => {
          const result = buildTransfer(request(values, amount, { rules: rule, leastFee }));
          if (!result.ok) {
            const total = values.reduce((sum, one) => sum + one, 0n);
            const fee = minimumFee(amount, rule);
            const need = amount + (leastFee > fee ? leastFee : fee);
            if (result.code === "FUNDS_INSUFFICIENT") expect(total).toBeLessThan(need);
            return;
          }
          const { body, fee, change, coins: spent } = result.value;
          const paidIn = spent.reduce((sum, coin) => sum + coin.value, 0n);
          const paidOut = body.outputs.reduce((sum, output) => sum + output.value, 0n);
          expect(paidIn).toBe(paidOut + fee);
          expect(fee).toBeGreaterThanOrEqual(minimumFee(paidOut, rule));
          expect(fee).toBeGreaterThanOrEqual(leastFee);
          if (change > 0n) expect(change).toBeGreaterThanOrEqual(rule.dust);
          expect(new Set(body.inputs.map(({ index }) => index)).size).toBe(body.inputs.length);
          const witness = { publicKey: new Uint8Array(32), signature: new Uint8Array(64) };
          const witnesses = body.inputs.map(() => witness);
          expect(encodeTransaction({ body, witnesses }).length).toBeLessThanOrEqual(MAX_TX_BYTES);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("signTransfer", () => {
  it("signs every input over the genesis hash and the txid", () => {
    const key = generateKeyPair(new Uint8Array(32).fill(7));
    const genesisHash = new Uint8Array(32).fill(8);
    const { body } = build([6_000n, 5_000n], 9_000n);
    const { witnesses } = signTransfer(body, key, genesisHash);
    expect(witnesses).toHaveLength(2);
    const message = txSignBytes(genesisHash, txidOf(body));
    for (const { signature, publicKey } of witnesses) {
      expect(verifyPure(signature, message, publicKey)).toBe(true);
      expect(verifyPure(signature, txSignBytes(new Uint8Array(32), txidOf(body)), publicKey)).toBe(
        false,
      );
    }
  });
});
