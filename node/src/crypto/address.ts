// Addresses: "TIME", the network digit, and 33 base-58 digits of key hash ‖ checksum; always 38
// characters. 24 bytes are below 2^192 < 58^33, and base58.ts pads to the full width, so a key hash
// of zeros is as long as any other. The key hash is the first 20 bytes of SHA-256(public key), the
// checksum the first 4 of SHA-256(SHA-256(key hash)). Pure: wallet, operator and browser use it.

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes } from "../codec/bytes.ts";
import { fail, invariant, ok, type Result } from "../types/errors.ts";
import { fromBase58, toBase58 } from "./base58.ts";
import { KEY_HASH_BYTES, keyHashOf } from "./pure-keys.ts";

export const ADDRESS_CHARACTERS = 38;

const PREFIX = "TIME";
const CHECKSUM_BYTES = 4;
const PAYLOAD_DIGITS = ADDRESS_CHARACTERS - PREFIX.length - 1;

/** Devnets count as testnets: their coins are worth nothing too. */
export type AddressNetwork = "testnet" | "mainnet";

export type AddressErrorCode =
  | "ADDRESS_PREFIX"
  | "ADDRESS_LENGTH"
  | "ADDRESS_NETWORK"
  | "ADDRESS_CHECKSUM";

const NETWORK_DIGIT: Readonly<Record<AddressNetwork, string>> = { testnet: "0", mainnet: "1" };

const checksumOf = (keyHash: Uint8Array): Uint8Array =>
  sha256(sha256(keyHash)).subarray(0, CHECKSUM_BYTES);

/** The address of a 20-byte key hash: 38 characters. */
export function encodeAddress(keyHash: Uint8Array, network: AddressNetwork): string {
  invariant(keyHash.length === KEY_HASH_BYTES, "a key hash has 20 bytes");
  const payload = concatBytes(keyHash, checksumOf(keyHash));
  return PREFIX + NETWORK_DIGIT[network] + toBase58(payload, PAYLOAD_DIGITS);
}

/** The address of a 32-byte public key. */
export const addressOf = (publicKey: Uint8Array, network: AddressNetwork): string =>
  encodeAddress(keyHashOf(publicKey), network);

/** The 20-byte key hash of an address of this network. Each key hash has exactly one text. */
export function decodeAddress(
  text: string,
  network: AddressNetwork,
): Result<Uint8Array, AddressErrorCode> {
  if (!text.startsWith(PREFIX)) return fail("ADDRESS_PREFIX", `does not start with ${PREFIX}`);
  if (text.length !== ADDRESS_CHARACTERS) {
    return fail("ADDRESS_LENGTH", `has ${text.length} characters, not ${ADDRESS_CHARACTERS}`);
  }
  const digit = text.charAt(PREFIX.length);
  if (digit !== NETWORK_DIGIT[network]) {
    const expected = PREFIX + NETWORK_DIGIT[network];
    return fail("ADDRESS_NETWORK", `starts with ${PREFIX}${digit}; ${network} has ${expected}`);
  }
  const payload = fromBase58(text.slice(PREFIX.length + 1), KEY_HASH_BYTES + CHECKSUM_BYTES);
  if (payload === undefined) return fail("ADDRESS_CHECKSUM", "is not base 58 of 24 bytes");
  const keyHash = payload.slice(0, KEY_HASH_BYTES);
  if (!equalBytes(checksumOf(keyHash), payload.subarray(KEY_HASH_BYTES))) {
    return fail("ADDRESS_CHECKSUM", "its checksum does not match");
  }
  return ok(keyHash);
}
