// The guard around every SSZ decoder: a size check before any allocation, library errors turned into
// CODEC_MALFORMED, and 64-bit numbers refused where a double would round them.

import { CodedError } from "../types/errors.ts";

/** What a schema must offer; every SSZ type of the library does. */
interface Decoder<T> {
  deserialize(bytes: Uint8Array): T;
}

/**
 * Decodes `bytes` as `what`.
 * @throws CodedError CODEC_TOO_LARGE above `maxBytes`, CODEC_MALFORMED otherwise.
 */
export function decodeSsz<T>(
  decoder: Decoder<T>,
  bytes: Uint8Array,
  what: string,
  maxBytes: number,
): T {
  if (bytes.length > maxBytes) {
    throw new CodedError(
      "CODEC_TOO_LARGE",
      `${what}: ${bytes.length} bytes, at most ${maxBytes} allowed`,
    );
  }
  try {
    return decoder.deserialize(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("CODEC_MALFORMED", `${what}: ${reason}`, { cause });
  }
}

/** Returns `value` where it is exact as a double; heights and times never come near the limit. */
export function safeInteger(value: number, what: string): number {
  if (!Number.isSafeInteger(value)) {
    throw new CodedError("CODEC_MALFORMED", `${what}: above 2^53 - 1`);
  }
  return value;
}
