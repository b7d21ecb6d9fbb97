// The network's one verify rule at native speed: S < L, A canonical, A and R not of small order, and
// the cofactorless equation R = [S]B - [k]A (docs/adr/0004-one-verify-rule.md). libsodium as built
// into sodium-native decides so; verify-selftest.ts proves it of the installed build at start-up.
// Every signature that consensus or the ledger counts goes through here.

import { createRequire } from "node:module";
import sodium from "sodium-native";
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "./ed25519-encoding.ts";

/** A verifier: 64-byte signature, message, 32-byte public key. Never throws. */
export type VerifyFunction = (
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
) => boolean;

/**
 * The same bytes in memory that nobody else can write and that the addon is known to read: shared
 * memory could change between check and use, and for a shared message the addon does not answer.
 */
export function ownMemory(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof ArrayBuffer ? bytes : Uint8Array.from(bytes);
}

/**
 * True only where the signature is valid under the network's rule. Wrong lengths and values that are
 * no Uint8Array are false; only the backend's literal `true` counts.
 */
export function verifySignature(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_BYTES) return false;
  if (!(publicKey instanceof Uint8Array) || publicKey.length !== PUBLIC_KEY_BYTES) return false;
  if (!(message instanceof Uint8Array)) return false;
  const answer = sodium.crypto_sign_verify_detached(
    ownMemory(signature),
    ownMemory(message),
    ownMemory(publicKey),
  );
  return answer === true;
}

/** Name and versions of the backend behind verifySignature, for logs and the self-test's error. */
export function verifyBackend(): string {
  const { version } = createRequire(import.meta.url)("sodium-native/package.json") as {
    version: string;
  };
  return `sodium-native ${version} on Node ${process.versions.node} (${process.platform}-${process.arch})`;
}
