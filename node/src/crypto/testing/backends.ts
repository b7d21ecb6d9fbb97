// The three implementations of the one verify rule, for tests that hold them against each other.

import { verifyPure } from "../pure-keys.ts";
import { type VerifyFunction, verifySignature } from "../verify.ts";
import { verifyByOpenSsl } from "./verify-openssl.ts";

export const BACKENDS: readonly (readonly [name: string, verify: VerifyFunction])[] = [
  ["libsodium", verifySignature],
  ["OpenSSL with pre-checks", verifyByOpenSsl],
  ["point arithmetic", verifyPure],
];
