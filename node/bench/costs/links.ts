// What a link takes for a frame: real transports in two processes on loopback. One node broadcasts to
// eight others, which live in the second process, a broadcast every few milliseconds: so each process
// wakes up for a handful of frames, as a daemon does. `fork`ed with an address, this file is the second
// process. Called by main.ts.

import { fork } from "node:child_process";
import type { CostLine, Costs } from "../../sim/timed/costs.ts";
import { systemClock } from "../../src/adapters/system-clock.ts";
import { systemRandom } from "../../src/adapters/system-random.ts";
import { openNodeIdentity } from "../../src/adapters/ws-transport/handshake/node-identity.ts";
import { openWsTransport, type WsTransport } from "../../src/adapters/ws-transport/ws-transport.ts";
import { rounded } from "./stopwatch.ts";

const RECEIVERS = 8;
const ROUNDS = 6;
const BROADCASTS = 150;
const PAUSE_MS = 4;
const SMALL_BYTES = 112;
const LARGE_BYTES = 16 * 1024;
const nothing = (): void => undefined;

async function open(seed: number, peers: readonly string[]) {
  const identity = await openNodeIdentity(new Uint8Array(32).fill(seed));
  const transport = await openWsTransport({
    identity,
    chainId: "costs",
    genesisHash: new Uint8Array(32),
    role: "validator",
    host: "127.0.0.1",
    port: 0,
    peers,
    limits: { maxPerIp: 1_024, maxHandshakesPerSecPerIp: 200, rateBytesPerSec: 1e9 },
    clock: systemClock,
    random: systemRandom,
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    metrics: { count: nothing, gauge: nothing, observe: nothing },
  });
  return { transport, address: `${identity.nodeId}@127.0.0.1:${transport.port}` };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU time of this process in µs. */
const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** The second process: answers "cpu" with its CPU time and the frames received. */
async function receive(address: string): Promise<void> {
  let frames = 0;
  const events = { connected: nothing, disconnected: nothing, frame: () => void frames++ };
  for (let i = 0; i < RECEIVERS; i++) {
    const { transport } = await open(10 + i, [address]);
    transport.start(events);
  }
  process.on("message", () => process.send?.({ cpuUs: cpuUs(), frames }));
}

type Answer = { readonly cpuUs: number; readonly frames: number };

export async function measureLinks(): Promise<Pick<Costs, "send" | "receive" | "handshakeUs">> {
  const { transport, address } = await open(1, []);
  transport.start({ connected: nothing, disconnected: nothing, frame: nothing });
  const child = fork(import.meta.filename, [address]);
  const ask = (): Promise<Answer> =>
    new Promise((resolve) => {
      child.once("message", (answer) => resolve(answer as Answer));
      child.send("cpu");
    });
  const before = cpuUs();
  while (transport.peers().length < RECEIVERS) await pause(20);
  const handshakeUs = rounded((cpuUs() - before) / RECEIVERS);
  const small = await leastOf({ transport, sizeBytes: SMALL_BYTES, ask });
  const large = await leastOf({ transport, sizeBytes: LARGE_BYTES, ask });
  const line = (of: "sendUs" | "receiveUs"): CostLine => {
    const perByteUs = Math.max(0, (large[of] - small[of]) / (LARGE_BYTES - SMALL_BYTES));
    const baseUs = rounded(small[of] - perByteUs * SMALL_BYTES);
    return { baseUs, perByteUs: rounded(perByteUs), perPeerUs: 0, perTxUs: 0 };
  };
  child.kill();
  await new Promise<void>((done) => transport.stop(done));
  return { send: line("sendUs"), receive: line("receiveUs"), handshakeUs };
}

interface Broadcast {
  readonly transport: WsTransport;
  readonly sizeBytes: number;
  readonly ask: () => Promise<Answer>;
}

interface FrameCost {
  readonly sendUs: number;
  readonly receiveUs: number;
}

async function leastOf(to: Broadcast): Promise<FrameCost> {
  let least = { sendUs: Infinity, receiveUs: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    const { sendUs, receiveUs } = await broadcast(to);
    least = {
      sendUs: Math.min(least.sendUs, sendUs),
      receiveUs: Math.min(least.receiveUs, receiveUs),
    };
  }
  return least;
}

async function broadcast(to: Broadcast): Promise<FrameCost> {
  const { transport, sizeBytes, ask } = to;
  const frame = new Uint8Array(sizeBytes).fill(0x11);
  const first = await ask();
  const fromUs = cpuUs();
  for (let i = 0; i < BROADCASTS; i++) {
    for (const { id } of transport.peers()) transport.send(id, frame);
    await pause(PAUSE_MS);
  }
  const sentUs = cpuUs() - fromUs;
  let last = await ask();
  while (last.frames - first.frames < BROADCASTS * RECEIVERS) {
    await pause(PAUSE_MS);
    last = await ask();
  }
  const count = BROADCASTS * RECEIVERS;
  return { sendUs: sentUs / count, receiveUs: (last.cpuUs - first.cpuUs) / count };
}

const [, script, address] = process.argv;
if (script === import.meta.filename && address !== undefined) await receive(address);
