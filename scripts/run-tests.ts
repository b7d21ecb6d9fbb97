// `npm run check`, `npm test` and `npm run test:long`: runs the levels of docs/testing.md one after the
// other, tells how long each took, and ends with one line "N passed, N failed, N skipped" over all of
// them. A tool without cases of its own (format, lint, types, dead code) counts as one test.
//
// Later levels still run when an earlier one fails: one run shows everything that is wrong. Each failed
// test is named again beside the summary, so that the end of a log is enough.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** Each failed test with the first line of its reason. */
  failures: string[];
}

interface Level {
  readonly name: string;
  run(): Promise<Counts>;
}

const scratch = mkdtempSync(join(tmpdir(), "timecoin-tests-"));
const TEST_CLUSTER = "timecoin-test";

/** Runs a command with its output shown; resolves with the exit code. */
function execute(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
  });
}

const tool = (name: string, command: string, ...args: string[]): Level => ({
  name,
  run: async () => {
    return oneTest((await execute(command, args)) === 0, `${[command, ...args].join(" ")} failed`);
  },
});

/** The counts of a level that is one test. */
const oneTest = (isFine: boolean, failure: string): Counts => ({
  passed: isFine ? 1 : 0,
  failed: isFine ? 0 : 1,
  skipped: 0,
  failures: isFine ? [] : [failure],
});

const vitest = (project: string, env: Record<string, string> = {}): Level => ({
  name: `${project} tests`,
  run: async () => {
    const outputFile = join(scratch, `${project}.json`);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${outputFile}`];
    const code = await execute("vitest", ["run", "--project", project, ...reporters], env);
    return countsOf(outputFile, code);
  },
});

interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly status: string;
  /** Why the file itself failed, outside any test. */
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[] | null;
  }[];
}

function countsOf(outputFile: string, code: number): Counts {
  try {
    const report = JSON.parse(readFileSync(outputFile, "utf8")) as TestReport;
    const failures = report.testResults.flatMap(failuresOf);
    if (code !== 0 && failures.length === 0) failures.push(`the test runner ended with ${code}`);
    return {
      passed: report.numPassedTests,
      failed: Math.max(report.numFailedTests, failures.length),
      skipped: report.numPendingTests + report.numTodoTests,
      failures,
    };
  } catch (error) {
    const failure = `the test runner left no report (exit code ${code}): ${String(error)}`;
    return oneTest(false, failure);
  }
}

/** Of one test file: its failed tests, or that it could not be run. */
function failuresOf({ name, status, message, assertionResults }: FileReport): string[] {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (failed.length === 0 && status === "failed") return [`${file}: ${firstLine(message)}`];
  return failed.map(
    ({ fullName, failureMessages }) =>
      `${file} > ${fullName}: ${firstLine(failureMessages?.[0] ?? "no reason given")}`,
  );
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";

/**
 * A minute of seeds that are new every day, at the lowest priority beside the other levels: it takes
 * what they leave of the cores and nothing of their time. What it prints is shown when its turn comes.
 */
function randomSeeds(): Level {
  const mix = ["--seed", "today", "--seconds", "60", "--nodes", "4,7,10", "--idle"];
  const args = ["node/sim/main.ts", ...mix];
  const child = spawn("node", args, { stdio: ["ignore", "pipe", "pipe"] });
  const printed: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => printed.push(part));
  child.stderr.on("data", (part: Buffer) => printed.push(part));
  const ended = new Promise<number>((resolve) => {
    child.once("error", () => resolve(1));
    child.once("close", (code) => resolve(code ?? 1));
  });
  const run = async (): Promise<Counts> => {
    const isFine = (await ended) === 0;
    process.stdout.write(Buffer.concat(printed));
    return oneTest(isFine, `node ${args.join(" ")} failed: see its lines above`);
  };
  return { name: "a minute of new seeds", run };
}

const CHECK: readonly Level[] = [
  tool("format", "biome", "check", "."),
  tool("lint and layers", "oxlint", "--type-aware", "--deny-warnings"),
  tool("types", "tsc", "--noEmit"),
  tool("dead code", "knip"),
  vitest("unit"),
];

const clusterEnv = { TIMECOIN_CLUSTER_NAME: TEST_CLUSTER };
const cluster = (...args: string[]): Level =>
  tool(
    `cluster ${args.join(" ")}`,
    "node",
    "e2e/tools/cluster/main.ts",
    ...args,
    "--name",
    TEST_CLUSTER,
  );

const LEVELS: Readonly<Record<string, readonly Level[]>> = {
  check: CHECK,
  all: [
    ...CHECK,
    vitest("process"),
    cluster("up", "--yes"),
    vitest("image", clusterEnv),
    vitest("cluster", clusterEnv),
    cluster("down", "--stop-engine"),
  ],
  long: [
    {
      name: "long simulation",
      run: () => tool("", "node", "node/sim/main.ts", "--runs", "100000", "--jobs", "all").run(),
    },
  ],
};

const asked = process.argv[2] ?? "all";
const levels = LEVELS[asked];
if (levels === undefined) {
  console.error(`error: no level "${asked}"; there are ${Object.keys(LEVELS).join(", ")}`);
  process.exit(2);
}

const total: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
const summary: string[] = [];
const beside = asked === "long" ? [] : [randomSeeds()];
for (const level of [...levels, ...beside]) {
  console.log(`\n==> ${level.name}`);
  const startedMs = performance.now();
  const counts = await level.run();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  total.failures.push(...counts.failures);
  summary.push(
    `${counts.failed === 0 ? "ok  " : "FAIL"} ${level.name.padEnd(24)} ${seconds.padStart(7)} s`,
  );
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${summary.join("\n")}`);
for (const failure of total.failures) console.log(`FAIL ${failure}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
