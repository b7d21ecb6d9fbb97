// The part of sodium-native that this room uses; the package ships no types. Every buffer argument
// is a view on ordinary memory of exactly the stated size (verify.ts and keys.ts see to that).
declare module "sodium-native" {
  const sodium: {
    /** 32-byte public key, 64-byte secret key (seed ‖ public key), 32-byte seed. */
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
    /** Typed as unknown on purpose: odd inputs have answered `undefined`, so only `=== true` counts. */
    crypto_sign_verify_detached(
      signature: Uint8Array,
      message: Uint8Array,
      publicKey: Uint8Array,
    ): unknown;
    /** Canonical, on the curve, on the main subgroup and not of small order. */
    crypto_core_ed25519_is_valid_point(point: Uint8Array): unknown;
    /** Guarded memory outside the heap, locked where the system allows it. */
    sodium_malloc(sizeBytes: number): Buffer;
    sodium_memzero(buffer: Uint8Array): void;
  };
  export = sodium;
}
