// The modules whose every guard must be missed by a test when it goes: the rules of consensus, the check
// of certificates, and what stands between a validator and its own punishment or the chain's. Called by
// main.ts and run-mutants.ts, and by the test of the list of equivalents.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Mutant, mutantsOf } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../..");

export interface Target {
  readonly file: string;
  /** The unit tests that judge its mutants: files, or folders. */
  readonly tests: readonly string[];
  /** The simulator runs it: scenarios and simulated runs judge its mutants too. */
  readonly isSimulated: boolean;
}

const CORE_TESTS = [
  "node/src/consensus/",
  "node/src/crypto/certificate.test.ts",
  "node/src/crypto/round-certificate.test.ts",
];

const inCore = (file: string): Target => ({ file, tests: CORE_TESTS, isSimulated: true });

const outside = (file: string, ...tests: readonly string[]): Target => ({
  file,
  tests,
  isSimulated: false,
});

export const TARGETS: readonly Target[] = [
  ...[
    "tally",
    "lock",
    "fetch-polka",
    "evidence",
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
  ].map((name) => inCore(`node/src/consensus/${name}.ts`)),
  inCore("node/src/crypto/certificate.ts"),
  inCore("node/src/crypto/round-certificate.ts"),
  outside("node/src/ledger/evidence.ts", "node/src/ledger/evidence.test.ts"),
  outside("node/src/ledger/failed-slots.ts", "node/src/ledger/failed-slots.test.ts"),
  outside("node/src/adapters/sign-guard.ts", "node/src/adapters/file-signer.test.ts"),
  outside("node/src/driver/watches/sign-hold.ts", "node/src/driver/watches/sign-hold.test.ts"),
  outside(
    "node/src/driver/watches/own-past.ts",
    "node/src/driver/watches/own-past.test.ts",
    "node/src/driver/watches/lost-memory.test.ts",
  ),
  outside("node/src/ledger/snapshot.ts", "node/src/ledger/snapshot.test.ts"),
  outside(
    "node/src/driver/state-sync/trusted-links.ts",
    "node/src/driver/state-sync/liars.test.ts",
    "node/src/driver/state-sync/state-sync.test.ts",
  ),
  outside(
    "node/src/driver/effects/decided-votes.ts",
    "node/src/driver/effects/decided-votes.test.ts",
  ),
];

/** All mutants of all targets. */
export const allMutants = (): readonly Mutant[] =>
  TARGETS.flatMap(({ file }) => mutantsOf(file, readFileSync(join(ROOT, file), "utf8")));

/** The target that the mutant is one of. */
export function targetOf({ file }: Mutant): Target {
  const target = TARGETS.find((known) => known.file === file);
  if (target === undefined) throw new Error(`${file} is no target`);
  return target;
}
