// Rates of the crypto room, backend beside backend in one run: `node node/bench/crypto.ts`. Counted in
// CPU time of the thread; the rounds of a group's candidates alternate and the median round counts, so
// that another load on the machine hits all alike. The ratio to the group's first row is what travels.
// docs/benchmarks/crypto.md keeps one run.

import { createPublicKey, verify as verifyNode } from "node:crypto";
import { cpus } from "node:os";
import { verify as verifyNoble } from "@noble/ed25519";
import { sha256 as sha256Noble } from "@noble/hashes/sha2.js";
import { shake128 as shake128Noble } from "@noble/hashes/sha3.js";
import { concatBytes } from "../src/codec/bytes.ts";
import { fromHex } from "../src/codec/hex.ts";
import { addressOf, decodeAddress } from "../src/crypto/address.ts";
import { sha256, shake128 } from "../src/crypto/hash.ts";
import { isTorsionFreeNative, openSigningKey } from "../src/crypto/keys.ts";
import { LTHASH_BYTES, LtHash } from "../src/crypto/lthash.ts";
import { merkleRoot } from "../src/crypto/merkle.ts";
import { isTorsionFree, signWithSeed, verifyPure } from "../src/crypto/pure-keys.ts";
import { verifyByOpenSsl } from "../src/crypto/testing/verify-openssl.ts";
import { createVerifiedCache } from "../src/crypto/verified-cache.ts";
import { verifyBackend, verifySignature } from "../src/crypto/verify.ts";

const ROUNDS = 7;
const ROUND_MS = 120;

type Candidate = readonly [name: string, run: () => unknown];

const seed = new Uint8Array(32).fill(7);
const key = openSigningKey(seed.slice());
const { publicKey } = key;
const message = new Uint8Array(128).fill(3);
const signature = key.sign(message);
const keyObject = createPublicKey({
  key: Buffer.from(concatBytes(fromHex("302a300506032b6570032100"), publicKey)),
  format: "der",
  type: "spki",
});
const cache = createVerifiedCache(verifySignature, 10);
const kibibyte = new Uint8Array(1024).fill(1);
const mebibyte = new Uint8Array(1024 * 1024).fill(1);
const element = new Uint8Array(96).fill(2);
const lthash = LtHash.empty();
const leaves = Array.from({ length: 1_000 }, (_, i) => sha256(Uint8Array.of(i & 255, i >> 8)));
const address = addressOf(publicKey, "testnet");

const GROUPS: readonly (readonly [title: string, candidates: readonly Candidate[]])[] = [
  [
    "verify, 128 bytes",
    [
      ["verifySignature (sodium-native)", () => verifySignature(signature, message, publicKey)],
      ["verified cache, hit", () => cache.verify(signature, message, publicKey)],
      ["node:crypto, key object kept", () => verifyNode(null, message, keyObject, signature)],
      [
        "verifyByOpenSsl (key read each time)",
        () => verifyByOpenSsl(signature, message, publicKey),
      ],
      ["verifyPure (@noble arithmetic)", () => verifyPure(signature, message, publicKey)],
      ["@noble/ed25519 verify", () => verifyNoble(signature, message, publicKey)],
    ],
  ],
  [
    "sign, 128 bytes",
    [
      ["openSigningKey().sign (sodium-native)", () => key.sign(message)],
      ["signWithSeed (@noble)", () => signWithSeed(seed, message)],
    ],
  ],
  [
    "torsion-free key",
    [
      ["isTorsionFreeNative", () => isTorsionFreeNative(publicKey)],
      ["isTorsionFree (@noble)", () => isTorsionFree(publicKey)],
    ],
  ],
  [
    "SHA-256, 128 bytes",
    [
      ["sha256, one part", () => sha256(message)],
      ["sha256, two parts", () => sha256(message, publicKey)],
      ["@noble/hashes", () => sha256Noble(message)],
    ],
  ],
  [
    "SHA-256, 1 KiB",
    [
      ["sha256", () => sha256(kibibyte)],
      ["@noble/hashes", () => sha256Noble(kibibyte)],
    ],
  ],
  [
    "SHA-256, 1 MiB",
    [
      ["sha256", () => sha256(mebibyte)],
      ["@noble/hashes", () => sha256Noble(mebibyte)],
    ],
  ],
  [
    "SHAKE128 to 2,048 bytes",
    [
      ["shake128", () => shake128(LTHASH_BYTES, element)],
      ["@noble/hashes", () => shake128Noble(element, { dkLen: LTHASH_BYTES })],
    ],
  ],
  [
    "LtHash, element of 96 bytes",
    [
      ["add", () => lthash.add(element)],
      ["remove", () => lthash.remove(element)],
      ["digest", () => lthash.digest()],
    ],
  ],
  ["Merkle root", [["1,000 leaves", () => merkleRoot(leaves)]]],
  [
    "address",
    [
      ["addressOf", () => addressOf(publicKey, "testnet")],
      ["decodeAddress", () => decodeAddress(address, "testnet")],
    ],
  ],
];

/** Microseconds of CPU that this thread has used: what another load on the machine takes is not in it. */
function cpuMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Calls a second of CPU, over one round of ROUND_MS. */
function ratePerSecond(run: () => unknown): number {
  const start = cpuMicros();
  const end = start + ROUND_MS * 1_000;
  let calls = 0;
  let now = start;
  // The clock is read every few calls only, as a read costs as much as a short hash.
  for (let batch = 1; now < end; batch = Math.min(batch * 2, 64)) {
    for (let i = 0; i < batch; i++) run();
    calls += batch;
    now = cpuMicros();
  }
  return (calls * 1e6) / (now - start);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

console.log(`${verifyBackend()}, OpenSSL ${process.versions.openssl}, ${cpus()[0]?.model}\n`);
console.log("| what | backend | calls a CPU second | µs a call | ratio |\n|---|---|---|---|---|");
for (const [title, candidates] of GROUPS) {
  for (const [, run] of candidates) ratePerSecond(run);
  const rates = candidates.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, [, run]] of candidates.entries()) rates[i]?.push(ratePerSecond(run));
  }
  const medians = rates.map(median);
  for (const [i, [name]] of candidates.entries()) {
    const rate = medians[i] ?? 0;
    const ratio = (rate / (medians[0] ?? 1)).toPrecision(2);
    const shown = Math.round(rate).toLocaleString("en");
    console.log(`| ${title} | ${name} | ${shown} | ${(1e6 / rate).toPrecision(3)} | ${ratio} |`);
  }
}
key.destroy();
