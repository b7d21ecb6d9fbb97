// The text form of a private key: what a key file or a Kubernetes Secret holds. Pure, so that the
// operator writes exactly what the daemon reads. Both keys stand in it, so that a damaged or mixed-up
// seed is seen at once. No reason ever carries the text or a part of it (a JSON parser's own message
// would), and the text itself cannot be wiped: read it once, at start.

import { fromHex, toHex } from "../codec/hex.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import { type KeyPair, publicKeyOf, type Seed } from "./pure-keys.ts";

/** Names the format; another type or a later version is refused, not guessed at. */
const KEY_FILE_TYPE = "timecoin/ed25519";

/** Twice the size of a pretty-printed key file: anything longer is another file. */
export const MAX_KEY_FILE_CHARACTERS = 512;

const FIELDS = ["publicKey", "seed", "type"];
const HEX_KEY = /^[0-9a-f]{64}$/;

/** The key file of `seed`: one JSON object with type, seed and public key, and a final newline. */
export function formatSeed(seed: Seed): string {
  const file = { type: KEY_FILE_TYPE, seed: toHex(seed), publicKey: toHex(publicKeyOf(seed)) };
  return `${JSON.stringify(file)}\n`;
}

/**
 * The key pair of a key file's text. `path` only names the file in the reason; the next step is the
 * catalogue's action for KEY_FILE_DAMAGED.
 */
export function loadSeed(text: string, path: string): Result<KeyPair, "KEY_FILE_DAMAGED"> {
  const damaged = (reason: string) => fail("KEY_FILE_DAMAGED", `${path}: ${reason}`);
  if (text.length > MAX_KEY_FILE_CHARACTERS) {
    return damaged(`longer than ${MAX_KEY_FILE_CHARACTERS} characters`);
  }
  const file = parseObject(text);
  if (file === undefined) return damaged("not a JSON object");
  if (file.type !== KEY_FILE_TYPE) return damaged(`its type is not "${KEY_FILE_TYPE}"`);
  if (Object.keys(file).toSorted().join() !== FIELDS.join()) {
    return damaged("it must hold type, seed and publicKey, and nothing else");
  }
  const { seed: seedHex, publicKey: publicKeyHex } = file;
  if (typeof seedHex !== "string" || !HEX_KEY.test(seedHex)) {
    return damaged("its seed is not 64 lowercase hex digits");
  }
  if (typeof publicKeyHex !== "string" || !HEX_KEY.test(publicKeyHex)) {
    return damaged("its publicKey is not 64 lowercase hex digits");
  }
  const seed = fromHex(seedHex);
  const publicKey = publicKeyOf(seed);
  if (toHex(publicKey) !== publicKeyHex) {
    seed.fill(0);
    return damaged("its seed and publicKey do not belong together");
  }
  return ok({ seed, publicKey });
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
