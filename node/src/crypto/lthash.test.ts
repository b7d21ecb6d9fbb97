import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../codec/hex.ts";
import { InvariantError } from "../types/errors.ts";
import { sha256, shake128 } from "./hash.ts";
import { LTHASH_BYTES, LtHash } from "./lthash.ts";

const elements = fc.uniqueArray(fc.uint8Array({ maxLength: 30 }), {
  maxLength: 20,
  selector: toHex,
});

function accumulatorOf(list: readonly Uint8Array[]): LtHash {
  const lthash = LtHash.empty();
  for (const element of list) lthash.add(element);
  return lthash;
}

/** The definition with big integers: sum of each lane modulo 2^16. */
function definition(list: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(LTHASH_BYTES);
  for (let i = 0; i < LTHASH_BYTES; i += 2) {
    let lane = 0n;
    for (const element of list) {
      const expanded = shake128(LTHASH_BYTES, element);
      lane += BigInt(expanded[i] ?? 0) + 256n * BigInt(expanded[i + 1] ?? 0);
    }
    bytes[i] = Number(lane % 256n);
    bytes[i + 1] = Number((lane / 256n) % 256n);
  }
  return bytes;
}

describe("LtHash", () => {
  it("is zero for the empty set, and SHAKE128 itself for one element", () => {
    expect(LtHash.empty().toBytes()).toStrictEqual(new Uint8Array(LTHASH_BYTES));
    const element = new TextEncoder().encode("outpoint");
    expect(accumulatorOf([element]).toBytes()).toStrictEqual(shake128(LTHASH_BYTES, element));
    expect(accumulatorOf([element]).digest()).toEqual(sha256(shake128(LTHASH_BYTES, element)));
  });

  it("is the sum of its elements, lane by lane", () => {
    fc.assert(
      fc.property(elements, (list) => {
        expect(accumulatorOf(list).toBytes()).toStrictEqual(definition(list));
      }),
      { numRuns: 20 },
    );
  });

  it("does not depend on order", () => {
    const shuffled = elements.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(accumulatorOf(other).digest()).toEqual(accumulatorOf(list).digest());
      }),
    );
  });

  it("forgets what is removed, whatever happened between", () => {
    const parts = elements.chain((list) => fc.tuple(fc.constant(list), fc.subarray(list)));
    fc.assert(
      fc.property(parts, ([list, removed]) => {
        const lthash = accumulatorOf(list);
        for (const element of removed) lthash.remove(element);
        const kept = list.filter((element) => !removed.includes(element));
        expect(lthash.digest()).toEqual(accumulatorOf(kept).digest());
      }),
    );
  });

  it("tells different sets apart", () => {
    fc.assert(
      fc.property(elements, elements, (a, b) => {
        const names = (list: Uint8Array[]) => JSON.stringify(list.map(toHex).toSorted());
        const isSame = names(a) === names(b);
        expect(toHex(accumulatorOf(a).digest()) === toHex(accumulatorOf(b).digest())).toBe(isSame);
      }),
    );
  });

  it("goes through bytes, and what is read from them shares no state", () => {
    fc.assert(
      fc.property(elements, fc.uint8Array(), (list, extra) => {
        const lthash = accumulatorOf(list);
        const bytes = lthash.toBytes();
        const restored = LtHash.fromBytes(bytes);
        expect(restored.digest()).toEqual(lthash.digest());
        restored.add(extra);
        expect(restored.digest()).toEqual(accumulatorOf([...list, extra]).digest());
        expect(lthash.digest()).toEqual(accumulatorOf(list).digest());
        expect(lthash.toBytes()).toEqual(bytes);
      }),
    );
    expect(() => LtHash.fromBytes(new Uint8Array(32))).toThrow(InvariantError);
  });
});
