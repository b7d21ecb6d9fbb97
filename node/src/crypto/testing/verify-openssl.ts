// The network's verify rule a second time, by OpenSSL behind node:crypto, for tests. OpenSSL checks the
// cofactorless equation. Which encodings it refuses has changed between its releases, so the pre-checks
// run first and decide them. The differential tests hold it against verify.ts, and the naive ledger uses
// it. The node never does: two implementations in one network could split it.

import { createPublicKey, verify } from "node:crypto";
import { concatBytes } from "../../codec/bytes.ts";
import { fromHex } from "../../codec/hex.ts";
import { passesPreChecks } from "../ed25519-encoding.ts";

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410 §4) up to the 32 key bytes. */
const SPKI_PREFIX = fromHex("302a300506032b6570032100");

/** Same contract as verifySignature. A key that is no point of the curve is false, not an error. */
export function verifyByOpenSsl(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (!passesPreChecks(signature, publicKey)) return false;
  const der = Buffer.from(concatBytes(SPKI_PREFIX, publicKey));
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, message, key, signature);
}
