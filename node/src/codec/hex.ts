// Hex text of bytes and back. The only hex conversion in the node: hashes are shown, logged and used
// as map keys in lowercase.

import { CodedError } from "../types/errors.ts";

/** Of each byte, both digits. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

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
