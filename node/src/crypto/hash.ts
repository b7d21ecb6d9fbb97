// The node's hash functions on native speed: SHA-256 names everything on chain, SHAKE128 feeds the
// state accumulator. Synchronous and deterministic. Callers put their own domain tag in front; parts
// are concatenated without a separator, so every part but the last needs a fixed length.

import { createHash } from "node:crypto";

const view = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

/** SHA-256 (FIPS 180-4) of the concatenated parts: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return view(digest.digest());
}

/** SHAKE128 (FIPS 202) of the concatenated parts, `outputBytes` long. */
export function shake128(outputBytes: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHash("shake128", { outputLength: outputBytes });
  for (const part of parts) digest.update(part);
  return view(digest.digest());
}
