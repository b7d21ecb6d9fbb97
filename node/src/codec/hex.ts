// Hex text of bytes and back. The only hex conversion in the node: hashes are shown, logged and used
// as map keys in lowercase.

import { CodedError } from "../types/errors.ts";

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const NO_DIGIT = 0xff;
/** The digit of a character code below 128, or NO_DIGIT. */
const VALUES = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(code).toLowerCase());
  return digit === -1 ? NO_DIGIT : digit;
});

/** A hash, which is what most hex is of. */
const CHUNK_BYTES = 32;
const CODES = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const chunkCodes: number[] = Array.from({ length: 2 * CHUNK_BYTES }, () => 0);

/** Lowercase hex of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  for (; at + CHUNK_BYTES <= bytes.length; at += CHUNK_BYTES) text += chunkHex(bytes, at);
  for (; at < bytes.length; at++) text += DIGITS[bytes[at] ?? 0];
  return text;
}

/** In one piece: text put together digit by digit is joined anew by each map that it is a key of. */
function chunkHex(bytes: Uint8Array, at: number): string {
  for (let i = 0; i < CHUNK_BYTES; i++) {
    const byte = bytes[at + i] ?? 0;
    chunkCodes[2 * i] = CODES[byte >> 4] ?? 0;
    chunkCodes[2 * i + 1] = CODES[byte & 15] ?? 0;
  }
  return String.fromCharCode(...chunkCodes);
}

/**
 * The bytes of lowercase or uppercase hex.
 * @throws CodedError CODEC_MALFORMED where the text is not hex or not `sizeBytes` long.
 */
export function fromHex(text: string, sizeBytes?: number): Uint8Array {
  if (text.length % 2 !== 0) throw notHex();
  if (sizeBytes !== undefined && text.length !== sizeBytes * 2) {
    throw new CodedError(
      "CODEC_MALFORMED",
      `expected ${sizeBytes} bytes of hex, got ${text.length / 2}`,
    );
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = VALUES[text.charCodeAt(2 * i)] ?? NO_DIGIT;
    const low = VALUES[text.charCodeAt(2 * i + 1)] ?? NO_DIGIT;
    if (high === NO_DIGIT || low === NO_DIGIT) throw notHex();
    bytes[i] = 16 * high + low;
  }
  return bytes;
}

const notHex = (): CodedError => new CodedError("CODEC_MALFORMED", "not a hex string");
