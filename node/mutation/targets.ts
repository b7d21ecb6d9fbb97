// The modules whose every guard must be missed by a test when it goes: the rules of consensus and the
// check of a certificate. Called by main.ts, by the bar consensus.mutation and by the test of the list
// of equivalents.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Mutant, mutantsOf } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../..");

export const TARGETS: readonly string[] = [
  ...[
    "tally",
    "lock",
    "evidence",
    "rules",
    "settle",
    "vote",
    "rounds",
    "commit",
    "receive-proposal",
    "propose",
    "apply-certificate",
    "apply-round-certificate",
    "round-certificate",
    "proposer",
    "timeouts",
  ].map((name) => `node/src/consensus/${name}.ts`),
  "node/src/crypto/certificate.ts",
  "node/src/crypto/round-certificate.ts",
];

/** All mutants of all targets. */
export const allMutants = (): readonly Mutant[] =>
  TARGETS.flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), "utf8")));
