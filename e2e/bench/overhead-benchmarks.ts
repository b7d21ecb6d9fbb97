// net.overhead: the bytes on all links of a node, in and out, while a network makes a block a second and payments
// come at an even rate, by type of message. Counted by the daemons (p2p_bytes_total), with what TLS and WebSocket
// add to each message. Payments are signed before. Alone: `node e2e/bench/overhead-benchmarks.ts --validators 4`.

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Transaction } from "../../node/src/types/chain.ts";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { LocalNetwork, type LocalNode } from "../tools/processes/local-network.ts";
import { SpreadCoins } from "../tools/processes/spread-coins.ts";
import type { Benchmark, Measurement, Say } from "./benchmark.ts";

interface Load {
  readonly validators: number;
  readonly txPerSec: number;
}

const LOADS: readonly Load[] = [
  { validators: 4, txPerSec: 200 },
  { validators: 16, txPerSec: 200 },
  { validators: 50, txPerSec: 50 },
];
const BLOCK_MS = 1_000;
const BAR_BYTES = 1_000_000;
const MEASURE_MS = 30_000;
const START_MS = 300_000;
const SETTLED_HEIGHT = 3;
/** Payments are handed over this often. */
const TURN_MS = 100;
/** A TLS record (22), a WebSocket header with its mask (up to 8): for each message. */
const FRAMING_BYTES = 30;

/** Bytes by type of message, and all with their framing. */
interface Traffic {
  readonly byType: ReadonlyMap<string, number>;
  readonly total: number;
}

const SAMPLE = /^timecoin_p2p_(bytes|messages)_total\{direction="\w+",type="(\w+)"\} (\S+)$/gm;

async function trafficOf(node: LocalNode): Promise<Traffic> {
  const byType = new Map<string, number>();
  let total = 0;
  for (const [, what, type = "", count] of (await node.metrics()).matchAll(SAMPLE)) {
    const bytes = what === "bytes" ? Number(count) : FRAMING_BYTES * Number(count);
    byType.set(type, (byType.get(type) ?? 0) + bytes);
    total += bytes;
  }
  return { byType, total };
}

const sum = (all: readonly Traffic[]): Traffic => {
  const byType = new Map<string, number>();
  for (const one of all)
    for (const [type, bytes] of one.byType) byType.set(type, (byType.get(type) ?? 0) + bytes);
  return { byType, total: all.reduce((bytes, { total }) => bytes + total, 0) };
};

/** Sends them at an even rate to all nodes in turn; how many were taken. */
async function pay(
  network: LocalNetwork,
  coins: SpreadCoins,
  { txs, txPerSec }: { readonly txs: readonly Transaction[]; readonly txPerSec: number },
): Promise<number> {
  const startedAtMs = performance.now();
  const open = new Set<Promise<void>>();
  let taken = 0;
  let next = 0;
  while (next < txs.length) {
    const due = Math.min(
      txs.length,
      Math.ceil(((performance.now() - startedAtMs) / 1_000) * txPerSec),
    );
    for (; next < due; next++) {
      const tx = txs[next];
      if (tx === undefined) break;
      const sent: Promise<void> = coins
        .send(tx, next % network.nodes.length)
        .then(
          () => void taken++,
          () => undefined,
        )
        .finally(() => open.delete(sent));
      open.add(sent);
    }
    await sleep(TURN_MS);
  }
  await Promise.all(open);
  return taken;
}

interface Row {
  readonly validators: number;
  readonly txPerSec: number;
  readonly blocks: number;
  readonly worstBytesPerSec: number;
  readonly meanBytesPerSec: number;
  readonly byType: readonly { readonly type: string; readonly bytesPerSec: number }[];
}

async function measureLoad({ validators, txPerSec }: Load, entry: string, say: Say): Promise<Row> {
  const times = { emptyBlockIntervalMs: BLOCK_MS, minBlockMs: BLOCK_MS };
  const network = await LocalNetwork.create(validators, times, { entry });
  try {
    network.startAll();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(SETTLED_HEIGHT, START_MS)));
    const coins = new SpreadCoins(network);
    const count = (txPerSec * MEASURE_MS) / 1_000;
    const parts = await coins.many(count);
    const txs = parts.map((part) => coins.spread(part, 1).tx);
    say(`${validators} validators: ${txs.length} payments at ${txPerSec} a second`);
    const node = network.node(0);
    const height = await node.rpc<number>("getblockcount");
    const before = await Promise.all(network.nodes.map(trafficOf));
    const startedAtMs = performance.now();
    const taken = await pay(network, coins, { txs, txPerSec });
    await coins.poolsEmpty();
    const elapsedSec = (performance.now() - startedAtMs) / 1_000;
    const after = await Promise.all(network.nodes.map(trafficOf));
    const blocks = (await node.rpc<number>("getblockcount")) - height;
    if (taken < txs.length) throw new Error(`only ${taken} of ${txs.length} payments were taken`);
    const perNode = after.map(({ total }, i) => (total - (before[i]?.total ?? 0)) / elapsedSec);
    const [all, old] = [sum(after), sum(before)];
    const byType = [...all.byType]
      .map(([type, bytes]) => ({
        type,
        bytesPerSec: Math.round((bytes - (old.byType.get(type) ?? 0)) / elapsedSec / validators),
      }))
      .sort((a, b) => b.bytesPerSec - a.bytesPerSec);
    const mean = perNode.reduce((a, b) => a + b, 0) / validators;
    const worst = Math.max(...perNode);
    say(`${validators} validators: ${kB(mean)} a node, at most ${kB(worst)}, ${blocks} blocks`);
    return {
      validators,
      txPerSec: Math.round(txs.length / elapsedSec),
      blocks,
      worstBytesPerSec: Math.round(worst),
      meanBytesPerSec: Math.round(mean),
      byType,
    };
  } finally {
    await network.remove();
  }
}

const kB = (bytesPerSec: number): string => `${Math.round(bytesPerSec / 1_000)} kB/s`;

async function measureOverhead(say: Say, loads: readonly Load[]): Promise<Measurement> {
  const entry = compiledDaemon();
  const rows: Row[] = [];
  for (const load of loads) rows.push(await measureLoad(load, entry, say));
  const types = rows.flatMap(({ validators, byType }) =>
    byType.filter(({ bytesPerSec }) => bytesPerSec > 0).map((row) => ({ validators, ...row })),
  );
  return {
    figure: rows
      .map(({ validators, worstBytesPerSec }) => `${kB(worstBytesPerSec)} at ${validators}`)
      .join(", "),
    pass:
      rows.length === LOADS.length &&
      rows.every(({ worstBytesPerSec }) => worstBytesPerSec < BAR_BYTES),
    detail: rows
      .map(
        ({ validators, txPerSec, blocks, meanBytesPerSec, byType }) =>
          `${validators} validators, ${txPerSec} tx/s, ${blocks} blocks: ${kB(meanBytesPerSec)} a node on average, most of it ${byType
            .slice(0, 5)
            .map(({ type, bytesPerSec }) => `${type} ${kB(bytesPerSec)}`)
            .join(", ")}`,
      )
      .join("; "),
    tables: { types },
  };
}

export const OVERHEAD_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "net.overhead",
    bar: "< 1 MB/s a node, in and out: 4 and 16 validators with 200 tx/s, 50 with 50 tx/s",
    what: "bytes on all links of a node, by type of message",
    measure: (say) => measureOverhead(say, LOADS),
  },
];

if (import.meta.main) {
  const { values } = parseArgs({ options: { validators: { type: "string" } } });
  const { validators } = values;
  const chosen = LOADS.filter(
    (load) => validators === undefined || load.validators === Number(validators),
  );
  const say: Say = (line) => process.stdout.write(`${line}\n`);
  const { detail, tables } = await measureOverhead(say, chosen);
  say(detail);
  say(JSON.stringify(tables, undefined, 1));
}
