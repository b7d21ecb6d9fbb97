// What befalls daemons in the benchmark net.convergence: each mishap takes one of them away from the others for a
// while. A new one is a row. None of them may lose a block or a payment that was final, or make a key sign twice.

import { closeSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Rng } from "../../../node/sim/world/rng.ts";
import { waitFor } from "../wait-for.ts";
import type { LocalNode } from "./local-network.ts";

export interface Victim {
  readonly node: LocalNode;
  /** Its data directory. */
  readonly data: string;
  readonly rng: Rng;
  /** Daemons that run now. */
  readonly witnesses: () => readonly LocalNode[];
  /** Options of its next start. */
  readonly options: readonly string[];
}

export interface Mishap {
  readonly name: string;
  /** What it needs to sign the height in progress is lost, or may be: the others must decide that one. */
  readonly losesMemory: boolean;
  readonly happens: (victim: Victim) => Promise<void>;
}

const MOST_DOWN_MS = 3_000;
const WITNESS_MS = 60_000;
/** A start on a damaged chain ends in this time, if it ends. */
const WATCHED_MS = 10_000;

const killed = async ({ node, rng }: Victim): Promise<void> => {
  await node.end("SIGKILL");
  await sleep(rng.int(MOST_DOWN_MS));
};

/** A recent block, as HEIGHT:HASH, from whoever answers: a witness may be gone just now. */
const recentBlock = ({ witnesses, rng }: Victim): Promise<string> =>
  waitFor("a witness", WITNESS_MS, async () => {
    const witness = rng.pick(witnesses());
    try {
      const height = await witness.rpc<number>("getblockcount");
      return { done: `${height}:${await witness.rpc<string>("getblockhash", [height])}` };
    } catch {
      return { waiting: `${witness.plan.name} does not answer` };
    }
  });

/** Some bytes of a table of the chain database. */
function flip(data: string, rng: Rng): void {
  const chain = join(data, "chain");
  const tables = readdirSync(chain).filter((name) => name.endsWith(".ldb"));
  if (tables.length === 0) return;
  const path = join(chain, rng.pick(tables));
  const file = openSync(path, "r+");
  const at = rng.int(Math.max(1, statSync(path).size - 4));
  writeSync(file, Buffer.from([rng.int(256), rng.int(256), rng.int(256)]), 0, 3, at);
  closeSync(file);
}

/**
 * Starts it. Where it refuses its chain as damaged, or LevelDB aborts over it, it starts without that chain, as the
 * error's next step says.
 */
async function startDamaged({ node, data, options }: Victim): Promise<void> {
  node.start(...options);
  const end = await Promise.race([node.ended(), sleep(WATCHED_MS, undefined, { ref: false })]);
  if (end === undefined) return;
  const isKnown = node.log().includes("STORE_CORRUPT") || end.signal === "SIGABRT";
  if (!isKnown) throw new Error(`${node.plan.name} ended with ${end.code ?? end.signal}`);
  rmSync(join(data, "chain"), { recursive: true });
  node.start(...options);
}

export const MISHAPS: readonly Mishap[] = [
  {
    name: "killed",
    losesMemory: false,
    happens: async (victim) => {
      await killed(victim);
      victim.node.start(...victim.options);
    },
  },
  {
    name: "restarted",
    losesMemory: false,
    happens: async ({ node, options }) => {
      await node.end("SIGTERM");
      node.start(...options);
    },
  },
  {
    name: "stopped for a while",
    losesMemory: false,
    happens: async ({ node, rng }) => {
      node.signal("SIGSTOP");
      await sleep(rng.int(MOST_DOWN_MS));
      node.signal("SIGCONT");
    },
  },
  {
    name: "without its chain",
    losesMemory: true,
    happens: async (victim) => {
      await killed(victim);
      rmSync(join(victim.data, "chain"), { recursive: true });
      victim.node.start(...victim.options);
    },
  },
  {
    name: "with a damaged chain",
    losesMemory: true,
    happens: async (victim) => {
      await killed(victim);
      flip(victim.data, victim.rng);
      await startDamaged(victim);
    },
  },
  {
    name: "wiped",
    losesMemory: true,
    happens: async (victim) => {
      await killed(victim);
      rmSync(victim.data, { recursive: true });
      victim.node.start(...victim.options);
    },
  },
  {
    name: "wiped, back by snapshot",
    losesMemory: true,
    happens: async (victim) => {
      const { node, data, options } = victim;
      await killed(victim);
      rmSync(data, { recursive: true });
      node.start("--trust", await recentBlock(victim), ...options);
    },
  },
];
