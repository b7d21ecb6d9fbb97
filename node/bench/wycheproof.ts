// Runs the three implementations of the verify rule over Project Wycheproof's own Ed25519 file, which
// is not part of this repository: `node node/bench/wycheproof.ts ed25519_test.json`, with the file from
// testvectors_v1 of C2SP/wycheproof. Prints every disagreement; exits 1 where there is one.

import { readFileSync } from "node:fs";
import { z } from "zod";
import { fromHex } from "../src/codec/hex.ts";
import { BACKENDS } from "../src/crypto/testing/backends.ts";

const File = z.object({
  testGroups: z.array(
    z.object({
      publicKey: z.object({ pk: z.string() }),
      tests: z.array(
        z.object({
          tcId: z.number(),
          comment: z.string(),
          msg: z.string(),
          sig: z.string(),
          result: z.enum(["valid", "invalid"]),
        }),
      ),
    }),
  ),
});

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: node node/bench/wycheproof.ts FILE");
const file = File.parse(JSON.parse(readFileSync(path, "utf8")));

let disagreements = 0;
for (const [name, verify] of BACKENDS) {
  const counts = { valid: 0, invalid: 0 };
  for (const { publicKey, tests } of file.testGroups) {
    for (const test of tests) {
      const answer = verify(fromHex(test.sig), fromHex(test.msg), fromHex(publicKey.pk));
      counts[answer ? "valid" : "invalid"]++;
      if (answer === (test.result === "valid")) continue;
      disagreements++;
      console.log(`${name}: case ${test.tcId} (${test.comment}) must be ${test.result}`);
    }
  }
  console.log(`${name}: ${counts.valid} valid, ${counts.invalid} invalid`);
}
process.exitCode = disagreements === 0 ? 0 : 1;
