import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Utxo } from "../types/ledger.ts";
import { MAX_CHUNK_OUTPUTS, OUTPUT_RECORD_BYTES } from "../types/limits.ts";
import { fromHex, toHex } from "./hex.ts";
import { decodeOutputs, encodeOutputs } from "./output-records.ts";

const sized = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const utxo: fc.Arbitrary<Utxo> = fc.record({
  outPoint: fc.record({ txid: sized(32), index: fc.nat(0xffffffff) }),
  value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  address: sized(20),
  height: fc.maxSafeNat(),
});

const SAMPLE: Utxo = {
  outPoint: { txid: new Uint8Array(32).fill(0xaa), index: 0x01020304 },
  value: 0x1122334455667788n,
  address: new Uint8Array(20).fill(0xbb),
  height: 258,
};
const BYTES = `${"aa".repeat(32)}010203048877665544332211${"bb".repeat(20)}0201000000000000`;

it("have the bytes that the protocol names", () => {
  expect(toHex(encodeOutputs([SAMPLE]))).toBe(BYTES);
  expect(decodeOutputs(fromHex(BYTES))).toEqual([SAMPLE]);
});

it("come back as they were", () => {
  fc.assert(
    fc.property(fc.array(utxo, { maxLength: 20 }), (utxos) => {
      expect(decodeOutputs(encodeOutputs(utxos))).toEqual(utxos);
    }),
  );
});

it.each([
  ["cut short", fromHex(BYTES).subarray(1)],
  ["with a byte too many", Uint8Array.of(...fromHex(BYTES), 0)],
  ["too many", new Uint8Array((MAX_CHUNK_OUTPUTS + 1) * OUTPUT_RECORD_BYTES)],
  ["of a height beyond 2^53", fromHex(BYTES.replace(/0201000000000000$/, "0000000000002000"))],
])("are refused %s", (_, bytes) => {
  expect(() => decodeOutputs(bytes)).toThrow(expect.objectContaining({ code: "CODEC_MALFORMED" }));
});
