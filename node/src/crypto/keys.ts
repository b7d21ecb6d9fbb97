// Signing at native speed with a key that lives outside the JavaScript heap: in memory that libsodium
// guards, locks where the system allows it, and wipes. The signer adapter opens one per key at start
// and destroys it at stop. Consensus never sees a seed.

import sodium from "sodium-native";
import { isZero } from "../codec/bytes.ts";
import { invariant } from "../types/errors.ts";
import { PUBLIC_KEY_BYTES, SEED_BYTES, SIGNATURE_BYTES } from "./ed25519-encoding.ts";
import type { Seed } from "./pure-keys.ts";
import { ownMemory } from "./verify.ts";

const SECRET_KEY_BYTES = SEED_BYTES + PUBLIC_KEY_BYTES;

/** A private key ready to sign. It holds the secret in a closure: no property, no log shows it. */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The 64-byte signature of RFC 8032 §5.1.6: deterministic, the same as signWithSeed's. */
  sign(message: Uint8Array): Uint8Array;
  /** Wipes the secret. Signing afterwards is a broken invariant; destroying twice is not. */
  destroy(): void;
}

/** Takes the seed over: copies it into guarded memory and overwrites the caller's 32 bytes. */
export function openSigningKey(seed: Seed): SigningKey {
  invariant(seed.length === SEED_BYTES, "a seed has 32 bytes");
  invariant(!isZero(seed), "a seed opens one signing key, which then owns it");
  const publicKey = new Uint8Array(PUBLIC_KEY_BYTES);
  const secretKey = sodium.sodium_malloc(SECRET_KEY_BYTES);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, ownMemory(seed));
  seed.fill(0);
  let destroyed = false;
  return {
    publicKey,
    sign(message) {
      invariant(!destroyed, "a destroyed key signs nothing");
      const signature = new Uint8Array(SIGNATURE_BYTES);
      sodium.crypto_sign_detached(signature, ownMemory(message), secretKey);
      return signature;
    },
    destroy() {
      sodium.sodium_memzero(secretKey);
      destroyed = true;
    },
  };
}

/** isTorsionFree of pure-keys.ts at native speed, for keys that enter state. */
export function isTorsionFreeNative(publicKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
  return sodium.crypto_core_ed25519_is_valid_point(ownMemory(publicKey)) === true;
}
