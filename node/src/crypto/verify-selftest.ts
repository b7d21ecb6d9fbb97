// The start-up proof that a signature backend follows the network's verify rule. Two nodes that differ
// on one crafted signature are a fork, and backends do differ between versions (newer libsodium sources
// check the cofactored equation, OpenSSL changed what it refuses between Node 20 and 24). The daemon
// calls it before it opens a port, and does not start where it throws.

import { fromHex } from "../codec/hex.ts";
import { CodedError } from "../types/errors.ts";
import type { VerifyFunction } from "./verify.ts";
import { VERIFY_VECTORS, type VerifyVector } from "./verify-vectors.ts";

/**
 * Runs every vector through `verify`. `backend` names it and its versions (verifyBackend()).
 * @throws CodedError CRYPTO_VERIFY_RULE naming the vectors it answers otherwise; its action says what
 * to do.
 */
export function assertVerifyRule(verify: VerifyFunction, backend: string): void {
  const wrong = VERIFY_VECTORS.filter((vector) => answerOf(verify, vector) !== vector.valid);
  if (wrong.length === 0) return;
  const list = wrong
    .map(({ name, valid }) => `"${name}" (must be ${valid ? "accepted" : "refused"})`)
    .join(", ");
  throw new CodedError(
    "CRYPTO_VERIFY_RULE",
    `${backend} breaks the verify rule on ${wrong.length} of ${VERIFY_VECTORS.length} vectors: ${list}`,
    { details: { backend, vectors: wrong.map(({ name }) => name).join(", ") } },
  );
}

/** A throw is an answer too, and never the right one: a verifier says yes or no. */
function answerOf(verify: VerifyFunction, vector: VerifyVector): boolean | undefined {
  try {
    return verify(fromHex(vector.signature), fromHex(vector.message), fromHex(vector.publicKey));
  } catch {
    return undefined;
  }
}
