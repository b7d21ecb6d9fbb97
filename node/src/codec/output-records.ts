// Unspent outputs as the bytes of a snapshot's chunk: 72 for each, one after the other. txid ‖ index
// (big-endian, so that the order of bytes is the order of outpoints) ‖ value ‖ address ‖ height (little-endian, as
// in SSZ). The store keeps outputs in the same bytes, so a chunk is read without decoding it.

import { CodedError } from "../types/errors.ts";
import type { Utxo } from "../types/ledger.ts";
import { MAX_CHUNK_OUTPUTS, OUTPUT_RECORD_BYTES } from "../types/limits.ts";
import { safeInteger } from "./decode.ts";

/** The records of outputs, in their order. */
export function encodeOutputs(utxos: readonly Utxo[]): Uint8Array {
  const bytes = new Uint8Array(utxos.length * OUTPUT_RECORD_BYTES);
  const numbers = new DataView(bytes.buffer);
  for (const [i, { outPoint, value, address, height }] of utxos.entries()) {
    const at = i * OUTPUT_RECORD_BYTES;
    bytes.set(outPoint.txid, at);
    numbers.setUint32(at + 32, outPoint.index);
    numbers.setBigUint64(at + 36, value, true);
    bytes.set(address, at + 44);
    numbers.setBigUint64(at + 64, BigInt(height), true);
  }
  return bytes;
}

/** @throws CodedError CODEC_MALFORMED where the bytes are no whole records, or too many. */
export function decodeOutputs(bytes: Uint8Array): readonly Utxo[] {
  const count = bytes.length / OUTPUT_RECORD_BYTES;
  if (!Number.isInteger(count) || count > MAX_CHUNK_OUTPUTS) {
    throw new CodedError("CODEC_MALFORMED", `outputs: ${bytes.length} bytes are no whole records`);
  }
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, i): Utxo => {
    const at = i * OUTPUT_RECORD_BYTES;
    const height = Number(numbers.getBigUint64(at + 64, true));
    return {
      outPoint: { txid: bytes.slice(at, at + 32), index: numbers.getUint32(at + 32) },
      value: numbers.getBigUint64(at + 36, true),
      address: bytes.slice(at + 44, at + 64),
      height: safeInteger(height, "height of an output"),
    };
  });
}
