// net.rejoin: validators lose their disks again and again, each at a random moment, and come back with their key
// alone, while payments go on. What they signed is read from the certificates in the blocks: nothing from the kill
// on until they are past the last height that they can have signed before it, and no evidence against anybody.
// Alone: `node e2e/bench/rejoin-benchmarks.ts --wipes 3 --seed 7`.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { decodeBlock } from "@timecoin/node/codec/chain";
import { fromHex } from "@timecoin/node/codec/hex";
import { newRng, type Rng } from "../../node/sim/world/rng.ts";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { LocalNetwork, type LocalNode } from "../tools/processes/local-network.ts";
import { Payments } from "../tools/processes/payments.ts";
import { waitFor } from "../tools/wait-for.ts";
import { type Benchmark, type Measurement, type Say, seconds } from "./benchmark.ts";

const VALIDATORS = 4;
const WIPES = 12;
const SEED = 1;
const INTERVAL_MS = 200;
const PAYMENT_PAUSE_MS = 100;
const SETTLED_HEIGHT = 10;
const WAIT_MS = 120_000;
const MOST_QUIET_MS = 3_000;
/** By default (consensus.doubleSignCheckHeight). */
const HOLD_HEIGHTS = 10;

interface Comeback {
  readonly name: string;
  /** The head of the others when it was killed; it may have signed one height above. */
  readonly killedAt: number;
  /** The head of the others when it was started again: it has no vote up to here, whatever it knows. */
  readonly startedAt: number;
  /** The first height above killedAt + 1 whose certificate holds its signature. */
  readonly signedFrom: number;
  readonly backMs: number;
}

const heightOf = (node: LocalNode): Promise<number> => node.rpc<number>("getblockcount");

/** The validators' places whose precommits stand in the certificate of `height`: block `height` + 1 carries it. */
async function signersOf(node: LocalNode, height: number): Promise<readonly boolean[]> {
  const hex = await node.rpc<string>("getblock", [height + 1, 0]);
  const { lastCommit } = decodeBlock(fromHex(hex));
  if (lastCommit?.height !== height) throw new Error(`block ${height + 1} has no certificate`);
  return lastCommit.signers;
}

class Trial {
  private readonly network: LocalNetwork;
  private readonly rng: Rng;
  private readonly say: Say;
  private readonly down = new Set<LocalNode>();
  /** The keys in the order of the set: places in certificates. */
  private places: readonly string[] = [];

  constructor(network: LocalNetwork, rng: Rng, say: Say) {
    this.network = network;
    this.rng = rng;
    this.say = say;
  }

  async run(wipes: number) {
    const { network, down } = this;
    network.startAll();
    await network.node(0).waitForHeight(SETTLED_HEIGHT, WAIT_MS);
    const { validators } = await network
      .node(0)
      .rpc<{ validators: readonly { publicKey: string }[] }>("getconsensusinfo");
    this.places = validators.map(({ publicKey }) => publicKey);
    const running = () => network.nodes.filter((node) => !down.has(node));
    const payments = new Payments(network, running, PAYMENT_PAUSE_MS);
    payments.start();
    const comebacks: Comeback[] = [];
    for (let i = 0; i < wipes; i++) comebacks.push(await this.wipe());
    await payments.stop();
    const top = await heightOf(network.node(0));
    await Promise.all(network.nodes.map((node) => node.waitForHeight(top, WAIT_MS)));
    const statuses = await Promise.all(network.nodes.map((node) => node.status()));
    const ejected = statuses.reduce((sum, one) => sum + (one?.validators.ejected.length ?? 0), 0);
    return { comebacks, ejected, forks: await network.forks(top), top, paid: payments.final };
  }

  private async wipe(): Promise<Comeback> {
    const { network, rng, down, say } = this;
    await sleep(rng.int(MOST_QUIET_MS));
    const node = network.node(rng.int(network.nodes.length));
    const witness = network.nodes.find((other) => other !== node);
    const publicKey = (await node.status())?.self.publicKey ?? "";
    if (witness === undefined) throw new Error("there are other nodes");
    down.add(node);
    await node.end("SIGKILL");
    const killedAt = await heightOf(witness);
    rmSync(join(network.paths.nodeDirectory(node.plan.name), "data"), { recursive: true });
    const startedAt = await heightOf(witness);
    const startedAtMs = performance.now();
    node.start();
    await waitFor(`${node.plan.name} signs again`, WAIT_MS, async () => {
      const status = await node.status();
      const signed = status?.self.lastSignedHeight ?? 0;
      // Its old signatures stand in the blocks that it fetches.
      return signed > killedAt + 1
        ? { done: undefined }
        : { waiting: status?.self.notSigning ?? `signed ${signed} last` };
    });
    const backMs = performance.now() - startedAtMs;
    down.delete(node);
    const signedFrom = await this.firstSigned(witness, publicKey, killedAt + 2);
    const { name } = node.plan;
    say(
      `${name} wiped at ${killedAt}, started at ${startedAt}, signs from ${signedFrom} on, ${seconds(backMs)} after its start`,
    );
    return { name, killedAt, startedAt, signedFrom, backMs };
  }

  private async firstSigned(from: LocalNode, publicKey: string, first: number): Promise<number> {
    const place = this.places.indexOf(publicKey);
    if (place < 0) throw new Error(`${publicKey} is no validator`);
    for (let height = first; ; height++) {
      await from.waitForHeight(height + 1, WAIT_MS);
      if ((await signersOf(from, height))[place] === true) return height;
    }
  }
}

async function measureRejoin(say: Say, wipes: number, seed: number): Promise<Measurement> {
  const network = await LocalNetwork.create(
    VALIDATORS,
    { emptyBlockIntervalMs: INTERVAL_MS },
    { entry: compiledDaemon() },
  );
  try {
    const { comebacks, ejected, forks, top, paid } = await new Trial(
      network,
      newRng(seed),
      say,
    ).run(wipes);
    const held = comebacks.filter(
      ({ startedAt, signedFrom }) => signedFrom > startedAt + HOLD_HEIGHTS,
    );
    const slowestMs = Math.max(...comebacks.map(({ backMs }) => backMs));
    const least = Math.min(...comebacks.map(({ killedAt, signedFrom }) => signedFrom - killedAt));
    return {
      figure: `${held.length} of ${comebacks.length} signed nothing too early, ${ejected} ejected, ${forks.length} forks`,
      pass:
        wipes >= WIPES && held.length === comebacks.length && ejected === 0 && forks.length === 0,
      detail: `seed ${seed}: at least ${least} heights after the kill, at most ${seconds(slowestMs)} after the start; ${top} blocks of ${INTERVAL_MS} ms, ${paid} payments final`,
    };
  } finally {
    await network.remove();
  }
}

export const REJOIN_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "net.rejoin",
    bar: "a wiped validator with its key signs nothing until past its last signed height",
    what: `${WIPES} wiped validators, one after the other, under payments`,
    measure: (say, scale) => measureRejoin(say, Math.max(1, Math.round(WIPES * scale)), SEED),
  },
];

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      wipes: { type: "string", default: `${WIPES}` },
      seed: { type: "string", default: `${SEED}` },
    },
  });
  const say: Say = (line) => process.stdout.write(`${line}\n`);
  const { figure, detail } = await measureRejoin(say, Number(values.wipes), Number(values.seed));
  say(`${figure}; ${detail}`);
}
