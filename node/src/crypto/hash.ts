// The node's hash functions on native speed: SHA-256 names everything on chain, SHAKE128 feeds the
// state accumulator. Synchronous and deterministic. Callers put their own domain tag in front; parts
// are concatenated without a separator, so every part but the last needs a fixed length.

import { createHash, hash } from "node:crypto";

const view = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

const DIGEST_BYTES = 32;

/**
 * Short parts are laid side by side here and hashed in one native call: a fifth to a quarter less
 * time than a digest object that takes them one by one. Synchronous, so no two calls share it.
 */
const scratch = new Uint8Array(4096);

/** SHA-256 (FIPS 180-4) of the concatenated parts: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return digestOf(first);
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
  if (sizeBytes > scratch.length) {
    const digest = createHash("sha256");
    for (const part of parts) digest.update(part);
    return view(digest.digest());
  }
  let offset = 0;
  for (const part of parts) {
    scratch.set(part, offset);
    offset += part.length;
  }
  return digestOf(scratch.subarray(0, sizeBytes));
}

/** As text and then into an array of the engine's own heap: half the time of a Buffer outside it. */
function digestOf(bytes: Uint8Array): Uint8Array {
  const text = hash("sha256", bytes, "binary");
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let i = 0; i < DIGEST_BYTES; i++) digest[i] = text.charCodeAt(i);
  return digest;
}

/** SHAKE128 (FIPS 202) of the concatenated parts, `outputBytes` long. */
export function shake128(outputBytes: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHash("shake128", { outputLength: outputBytes });
  for (const part of parts) digest.update(part);
  return view(digest.digest());
}
