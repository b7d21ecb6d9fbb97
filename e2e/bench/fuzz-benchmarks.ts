// net.fuzz: ten million byte strings that nobody meant: frames, transactions and blocks with bytes changed, cut,
// repeated, put together, or made up, and bodies of that kind to the RPC of a real daemon. Nothing may fail but in
// the way that is meant (CodedError), and what is taken must encode to the very same bytes: two encodings of one
// value would be two ids of one transaction. Alone: `node e2e/bench/fuzz-benchmarks.ts --inputs 100000`.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fromHex, toHex } from "@timecoin/node/codec/hex";
import { newRng, type Rng } from "../../node/sim/world/rng.ts";
import { equalBytes } from "../../node/src/codec/bytes.ts";
import {
  decodeBlock,
  decodeTransaction,
  encodeBlock,
  encodeTransaction,
} from "../../node/src/codec/chain.ts";
import { decodeFrame, encodeFrame } from "../../node/src/codec/frames.ts";
import { CodedError } from "../../node/src/types/errors.ts";
import { fromRoot } from "../tools/network/product-images.ts";
import { LocalNetwork } from "../tools/processes/local-network.ts";
import type { Benchmark, Measurement, Say } from "./benchmark.ts";

const INPUTS = 10_000_000;
const BODIES = 20_000;
const MAX_GROWTH_MIB = 16;
const MAX_DAEMON_MIB = 300;
const START_MS = 60_000;

interface Kind {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  readonly again: (bytes: Uint8Array) => Uint8Array;
}

const goldenOf = (file: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(fromRoot(`node/src/codec/golden/${file}.json`), "utf8")) as Record<
    string,
    string
  >;

function kinds(): readonly Kind[] {
  const frames = Object.values(goldenOf("frames")).map((hex) => fromHex(hex));
  const { transaction, block } = goldenOf("encodings");
  return [
    { name: "frames", samples: frames, again: (bytes) => encodeFrame(decodeFrame(bytes)) },
    {
      name: "transactions",
      samples: [fromHex(transaction ?? "")],
      again: (bytes) => encodeTransaction(decodeTransaction(bytes)),
    },
    {
      name: "blocks",
      samples: [fromHex(block ?? "")],
      again: (bytes) => encodeBlock(decodeBlock(bytes)),
    },
  ];
}

/** Offsets and lengths of SSZ are 4 bytes, little-endian: these are the ones that go wrong. */
const NUMBERS = [0, 1, 2, 0xff, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff];

function changed(rng: Rng, samples: readonly Uint8Array[]): Uint8Array {
  let bytes = Uint8Array.from(rng.pick(samples));
  for (let times = 1 + rng.int(3); times > 0; times--) bytes = changedOnce(rng, bytes, samples);
  return bytes;
}

function changedOnce(
  rng: Rng,
  bytes: Uint8Array<ArrayBuffer>,
  samples: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const at = rng.int(bytes.length);
  switch (rng.int(7)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << rng.int(8));
      return bytes;
    case 1:
      return bytes.slice(0, at);
    case 2: {
      const longer = new Uint8Array(bytes.length + 1 + rng.int(40));
      longer.set(bytes);
      return longer;
    }
    case 3: {
      if (bytes.length < 4) return bytes;
      const place = Math.min(at, bytes.length - 4);
      new DataView(bytes.buffer).setUint32(place, rng.pick(NUMBERS), true);
      return bytes;
    }
    case 4: {
      const other = rng.pick(samples);
      const joined = new Uint8Array(at + Math.max(0, other.length - at));
      joined.set(bytes.subarray(0, at));
      joined.set(other.subarray(at), at);
      return joined;
    }
    case 5:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at / 2)]);
    default:
      return Uint8Array.from({ length: rng.int(65) }, () => rng.int(256));
  }
}

interface Fuzzed {
  readonly inputs: number;
  readonly taken: number;
  readonly faults: readonly string[];
}

function fuzz({ name, samples, again }: Kind, inputs: number, rng: Rng): Fuzzed {
  let taken = 0;
  const faults: string[] = [];
  for (let i = 0; i < inputs && faults.length < 10; i++) {
    const bytes = changed(rng, samples);
    try {
      if (equalBytes(again(bytes), bytes)) taken++;
      else faults.push(`${name}: another encoding of ${toHex(bytes)}`);
    } catch (error) {
      if (!(error instanceof CodedError)) faults.push(`${name}: ${String(error)}: ${toHex(bytes)}`);
    }
  }
  return { inputs, taken, faults };
}

const CALLS = [
  '{"jsonrpc":"2.0","id":1,"method":"getblockcount"}',
  '{"jsonrpc":"2.0","id":"a","method":"getblockhash","params":[1]}',
  '{"jsonrpc":"2.0","id":2,"method":"sendrawtransaction","params":{"hex":"00ff"}}',
  '[{"jsonrpc":"2.0","id":1,"method":"getmempoolinfo"},{"jsonrpc":"2.0","id":2,"method":"listunspent","params":["x",5]}]',
];

/** Bodies to a real daemon; what it answered that is no JSON-RPC, and how large it became. */
async function fuzzRpc(bodies: number, rng: Rng) {
  const network = await LocalNetwork.create(1);
  const faults: string[] = [];
  try {
    const node = network.node(0);
    node.start();
    await node.waitForHeight(1, START_MS);
    const samples = CALLS.map((text) => new TextEncoder().encode(text));
    const url = `http://${node.plan.host}:${node.plan.rpcPort}`;
    for (let i = 0; i < bodies && faults.length < 10; i++) {
      const body = Uint8Array.from(changed(rng, samples));
      const response = await fetch(url, { method: "POST", body });
      const text = await response.text();
      const isAnswer = text === "" || isJson(text);
      if (response.status >= 500 || !isAnswer)
        faults.push(`rpc: ${response.status} for ${toHex(body)}`);
    }
    const height = await node.rpc<number>("getblockcount");
    if (height < 1) faults.push("rpc: the daemon stands still");
    return { faults, residentMiB: node.residentMiB() };
  } finally {
    await network.remove();
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What is in use, after everything that is not has been collected. */
function usedMiB(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 ** 2;
}

async function measureFuzz(say: Say, scale: number): Promise<Measurement> {
  const rng = newRng(Date.now(), "fuzz");
  const beforeMiB = usedMiB();
  const parts: Fuzzed[] = [];
  for (const [kind, share] of kinds().map((kind, i) => [kind, i === 0 ? 0.6 : 0.2] as const)) {
    const part = fuzz(kind, Math.round(INPUTS * scale * share), rng);
    parts.push(part);
    say(`${kind.name}: ${part.inputs} inputs, ${part.taken} taken, ${part.faults.length} faults`);
  }
  const grownMiB = usedMiB() - beforeMiB;
  const bodies = Math.max(100, Math.round(BODIES * scale));
  const rpc = await fuzzRpc(bodies, rng);
  const faults = [...parts.flatMap((part) => part.faults), ...rpc.faults];
  for (const fault of faults) say(fault);
  const inputs = parts.reduce((sum, part) => sum + part.inputs, 0);
  const isSmall = grownMiB < MAX_GROWTH_MIB && rpc.residentMiB < MAX_DAEMON_MIB;
  return {
    figure: `${faults.length} faults in ${inputs} inputs and ${bodies} bodies`,
    pass: scale >= 1 && faults.length === 0 && isSmall,
    detail: `${parts.map(({ taken }) => taken).join(", ")} frames, transactions and blocks taken; memory grew by ${Math.round(grownMiB)} MiB, the daemon took ${Math.round(rpc.residentMiB)}`,
  };
}

export const FUZZ_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "net.fuzz",
    bar: "0 faults, bounded memory",
    what: "10,000,000 mutated frames, transactions and blocks; 20,000 bodies to a daemon's RPC",
    measure: measureFuzz,
  },
];

if (import.meta.main) {
  const { values } = parseArgs({ options: { inputs: { type: "string", default: `${INPUTS}` } } });
  const say: Say = (line) => process.stdout.write(`${line}\n`);
  const { figure, detail } = await measureFuzz(say, Number(values.inputs) / INPUTS);
  say(`${figure}; ${detail}`);
}
