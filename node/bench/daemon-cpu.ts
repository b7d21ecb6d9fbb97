// What a block costs real daemons: `node node/bench/daemon-cpu.ts [options] [checkout ...]`. The validators
// of one network on loopback run the checkouts in turn, with blocks every 50 ms. So all checkouts do the
// same work at the same time, and whatever else the machine does meets them alike. The figure is CPU time
// for each block and node; what counts is its ratio to the first checkout's. From round to round the
// checkouts change places. With NODE_OPTIONS=--cpu-prof each daemon leaves its profile in the current
// directory. ADR 0016 has the tables that this made. Linux only (/proc).

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { encodeTransaction } from "../src/codec/chain.ts";
import { toHex } from "../src/codec/hex.ts";
import { txSignBytes } from "../src/codec/sign-bytes.ts";
import { txidOf } from "../src/crypto/ids.ts";
import { loadSeed } from "../src/crypto/key-file.ts";
import { openSigningKey } from "../src/crypto/keys.ts";
import { keyHashOf } from "../src/crypto/pure-keys.ts";
import { writeDevnet } from "../src/devnet/devnet-files.ts";
import {
  type DevnetPlan,
  devnetPaths,
  type NodePlan,
  rpcUrlOf,
} from "../src/devnet/devnet-plan.ts";
import { choosePorts } from "../src/devnet/devnet-ports.ts";
import { memoryFlags } from "../src/devnet/memory-flags.ts";
import { genesisHashOf, parseGenesis } from "../src/genesis.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "2" },
    seconds: { type: "string", default: "30" },
    payments: { type: "string", default: "0" },
    validators: { type: "string", default: "4" },
  },
});
const [rounds, seconds, paymentsPerSec] = [
  Number(options.rounds),
  Number(options.seconds),
  Number(options.payments),
];
const checkouts = (positionals.length > 0 ? positionals : ["."]).map((path) => resolve(path));
const ACCOUNTS = 48;
const WARM_UP_HEIGHT = 60;
/** The kernel counts CPU time in hundredths of a second. */
const MS_PER_TICK = 10;

async function rpc<T>(node: NodePlan, method: string, params: readonly unknown[] = []): Promise<T> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(rpcUrlOf(node), { method: "POST", body });
  const answer = (await response.json()) as { result?: T; error?: { message: string } };
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result as T;
}

function cpuMsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

async function waitForHeight(node: NodePlan, height: number): Promise<void> {
  for (;;) {
    const count = await rpc<number>(node, "getblockcount").catch(() => 0);
    if (count >= height) return;
    await sleep(100);
  }
}

/** For each account a chain of payments to itself, signed beforehand: `[account][payment]` as hex. */
function signedPayments(directory: string, plan: DevnetPlan, each: number): string[][] {
  const paths = devnetPaths(directory);
  const genesis = parseGenesis(readFileSync(paths.genesis, "utf8"));
  if (!genesis.ok) throw new Error(genesis.reason);
  const genesisHash = genesisHashOf(genesis.value);
  return plan.accounts.map(({ name }) => {
    const seed = loadSeed(readFileSync(paths.accountKey(name), "utf8"), name);
    if (!seed.ok) throw new Error(seed.reason);
    const address = keyHashOf(seed.value.publicKey);
    const key = openSigningKey(seed.value.seed);
    const coin = genesis.value.allocations.findIndex(
      ({ address: one }) => toHex(one) === toHex(address),
    );
    let outPoint = { txid: genesisHash, index: coin };
    let value = genesis.value.allocations[coin]?.amount ?? 0n;
    return Array.from({ length: each }, () => {
      value -= value / 500n + 1_000n;
      const body = {
        version: 1,
        inputs: [outPoint],
        outputs: [{ value, address }],
        payload: new Uint8Array(),
      };
      const txid = txidOf(body);
      const signature = key.sign(txSignBytes(genesisHash, txid));
      outPoint = { txid, index: 0 };
      return toHex(
        encodeTransaction({ body, witnesses: [{ publicKey: key.publicKey, signature }] }),
      );
    });
  });
}

/** Sends payments at an even pace, each account's through one node; returns how many were taken. */
async function pay(plan: DevnetPlan, chains: readonly string[][], durationMs: number) {
  const startMs = performance.now();
  const isOver = () => performance.now() - startMs > durationMs;
  let taken = 0;
  await Promise.all(
    chains.map(async (chain, account) => {
      const node = plan.nodes[account % plan.nodes.length];
      if (node === undefined) return;
      const pauseMs = durationMs / chain.length;
      for (const [i, payment] of chain.entries()) {
        const dueMs = startMs + (i + account / chains.length) * pauseMs;
        await sleep(Math.max(0, dueMs - performance.now()));
        // A chain of waiting payments that is too long is refused until a block has taken some.
        while (!isOver() && !(await isTaken(node, payment))) await sleep(100);
        if (isOver()) return;
        taken++;
      }
    }),
  );
  return taken;
}

const isTaken = (node: NodePlan, payment: string): Promise<boolean> =>
  rpc(node, "sendrawtransaction", [payment]).then(
    () => true,
    () => false,
  );

/** One network; gives the CPU milliseconds for each block of one node, by place of its checkout. */
async function measure(round: number): Promise<readonly number[]> {
  const directory = mkdtempSync(join(tmpdir(), "timecoin-cpu-"));
  const { nodes } = await choosePorts(Number(options.validators), undefined);
  const plan = writeDevnet({
    directory,
    nodes,
    accounts: ACCOUNTS,
    amount: "1000000",
    logLevel: "info",
    parameters: { emptyBlockIntervalMs: 50 },
    randomBytes: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
    nowMs: Date.now(),
  });
  const each = Math.ceil((paymentsPerSec * seconds) / ACCOUNTS);
  const chains = paymentsPerSec === 0 ? [] : signedPayments(directory, plan, each);
  const placeOf = (node: number): number => (node + round) % checkouts.length;
  const daemons = plan.nodes.map(({ name }, node) => {
    const timed = join(checkouts[placeOf(node)] ?? ".", "node/src/timed.ts");
    const args = [
      ...memoryFlags(process.env),
      timed,
      "run",
      "--config",
      devnetPaths(directory).config(name),
    ];
    return spawn(process.execPath, args, { stdio: "ignore" });
  });
  const ended = daemons.map((child) => new Promise((done) => child.once("exit", done)));
  try {
    const [first] = plan.nodes;
    if (first === undefined) throw new Error("a network has nodes");
    await waitForHeight(first, WARM_UP_HEIGHT);
    const before = {
      height: await rpc<number>(first, "getblockcount"),
      cpuMs: daemons.map(cpuMsOf),
    };
    const startMs = performance.now();
    const [taken] = await Promise.all([pay(plan, chains, seconds * 1_000), sleep(seconds * 1_000)]);
    const blocks = (await rpc<number>(first, "getblockcount")) - before.height;
    const intervalMs = (performance.now() - startMs) / blocks;
    console.log(`round ${round}: a block each ${intervalMs.toFixed(1)} ms, ${taken} payments`);
    const cpuMs = daemons.map(
      (child, node) => (cpuMsOf(child) - (before.cpuMs[node] ?? 0)) / blocks,
    );
    return checkouts.map((_, place) => mean(cpuMs.filter((_cpu, node) => placeOf(node) === place)));
  } finally {
    for (const child of daemons) child.kill("SIGTERM");
    await Promise.all(ended);
    rmSync(directory, { recursive: true, force: true });
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const perRound: (readonly number[])[] = [];
for (let round = 0; round < rounds; round++) perRound.push(await measure(round));
for (const [place, checkout] of checkouts.entries()) {
  const cpuMs = mean(perRound.map((means) => means[place] ?? 0));
  const ratios = perRound.map((means) => ((means[place] ?? 0) / (means[0] ?? 1)).toFixed(3));
  console.log(`${checkout}: ${cpuMs.toFixed(2)} ms for each block, ${ratios.join(" ")}`);
}
