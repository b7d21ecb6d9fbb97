// Hex text of bytes and back. The only hex conversion in the node: hashes are shown, logged and used
// as map keys in lowercase.

import { CodedError } from "../types/errors.ts";

/** The characters 0 to f. */
const DIGITS = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
/** A call takes no more arguments than the stack has room for. */
const CHUNK_BYTES = 4_096;

/**
 * Lowercase hex of `bytes`. Text that grows by `+=` would be kept as a tree of its pieces, ten times as large,
 * until somebody reads it: 6 MB in a daemon at height 800. This is one piece, and takes a third of the time.
 */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length <= CHUNK_BYTES) return digitsOf(bytes);
  const chunks: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    chunks.push(digitsOf(bytes.subarray(at, at + CHUNK_BYTES)));
  return chunks.join("");
}

function digitsOf(bytes: Uint8Array): string {
  const codes: number[] = [];
  for (const byte of bytes) codes.push(DIGITS[byte >> 4] ?? 0, DIGITS[byte & 15] ?? 0);
  return String.fromCharCode(...codes);
}

/**
 * The bytes of lowercase or uppercase hex.
 * @throws CodedError CODEC_MALFORMED where the text is not hex or not `sizeBytes` long.
 */
export function fromHex(text: string, sizeBytes?: number): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new CodedError("CODEC_MALFORMED", "not a hex string");
  }
  if (sizeBytes !== undefined && text.length !== sizeBytes * 2) {
    throw new CodedError(
      "CODEC_MALFORMED",
      `expected ${sizeBytes} bytes of hex, got ${text.length / 2}`,
    );
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = 16 * digitAt(text, 2 * i) + digitAt(text, 2 * i + 1);
  return bytes;
}

/** The value of a digit. 0 to 9 are 48 to 57; A to F are 65 to 70 and a to f 97 to 102, low bits 1 to 6. */
function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code <= 57 ? code - 48 : (code & 7) + 9;
}
