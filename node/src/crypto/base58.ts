// Base 58 of a whole number at a fixed width, in the alphabet Bitcoin made common. Fixed width means
// one text for each value and one value for each text: no rule for leading zero bytes is needed, and
// text of another length or beyond the value's range is refused. Used by address.ts alone.

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE = 58n;
const DIGITS = new Map(Array.from(ALPHABET, (character, value) => [character, BigInt(value)]));

/** `bytes` as a big-endian number, padded on the left with "1" (zero) to `width` digits. */
export function toBase58(bytes: Uint8Array, width: number): string {
  let rest = 0n;
  for (const byte of bytes) rest = (rest << 8n) | BigInt(byte);
  let text = "";
  for (; rest > 0n; rest /= BASE) text = ALPHABET.charAt(Number(rest % BASE)) + text;
  return text.padStart(width, ALPHABET.charAt(0));
}

/** The `sizeBytes` bytes of a text, or undefined: a foreign character, or a number that needs more. */
export function fromBase58(text: string, sizeBytes: number): Uint8Array | undefined {
  let value = 0n;
  for (const character of text) {
    const digit = DIGITS.get(character);
    if (digit === undefined) return undefined;
    value = value * BASE + digit;
  }
  const bytes = new Uint8Array(sizeBytes);
  for (let i = sizeBytes - 1; i >= 0; i--, value >>= 8n) bytes[i] = Number(value & 0xffn);
  return value === 0n ? bytes : undefined;
}
