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

/** Lowercase hex of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += DIGITS[byte];
  return text;
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
