// What peer links cost: `node node/bench/peer-links.ts [nodes]`. All nodes run in this one process, so
// each figure is of both ends together. CPU time, not wall time: it does not move with other load.

import { systemClock } from "../src/adapters/system-clock.ts";
import { systemRandom } from "../src/adapters/system-random.ts";
import { openNodeIdentity } from "../src/adapters/ws-transport/handshake/node-identity.ts";
import { openWsTransport, type WsTransport } from "../src/adapters/ws-transport/ws-transport.ts";

const nodeCount = Number(process.argv[2] ?? 30);
const ROUNDS = 40;
const VOTE_BYTES = 200;
const none = (): void => {};
const nodes: { readonly transport: WsTransport; readonly address: string }[] = [];
let frames = 0;

for (let i = 0; i < nodeCount; i++) {
  const identity = await openNodeIdentity(new Uint8Array(32).fill(i + 1));
  const transport = await openWsTransport({
    identity,
    chainId: "bench",
    genesisHash: new Uint8Array(32),
    role: "validator",
    host: "127.0.0.1",
    port: 0,
    peers: nodes.map(({ address }) => address),
    limits: {
      maxPerIp: 1_024,
      maxHandshakesPerSecPerIp: 200,
      handshakeTimeoutMs: 30_000,
      rateBytesPerSec: 1e9,
    },
    clock: systemClock,
    random: systemRandom,
    log: { debug: none, info: none, warn: none, error: none },
    metrics: { count: none, gauge: none, observe: none },
  });
  nodes.push({ transport, address: `${identity.nodeId}@127.0.0.1:${transport.port}` });
}

const links = (nodeCount * (nodeCount - 1)) / 2;
const rssBefore = process.memoryUsage().rss;
report(`${links} links`, links, await cpuOf(connectAll));
const rssBytes = process.memoryUsage().rss - rssBefore;
console.log(`memory: ${Math.round(rssBytes / links / 2 / 1024)} KiB a link and end`);
report("200-byte frames, one to each", ROUNDS * 2 * links, await cpuOf(broadcastRounds));
report("200-byte frames on one link", 100_000, await cpuOf(() => oneLink(100_000, VOTE_BYTES)));
report("1 MB frames on one link", 100, await cpuOf(() => oneLink(100, 1_000_000)));
await Promise.all(nodes.map(({ transport }) => new Promise<void>((done) => transport.stop(done))));

async function connectAll(): Promise<void> {
  const events = { connected: none, disconnected: none, frame: () => void frames++ };
  for (const { transport } of nodes) transport.start(events);
  const complete = () => nodes.every(({ transport }) => transport.peers().length === nodeCount - 1);
  while (!complete()) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function broadcastRounds(): Promise<void> {
  const vote = new Uint8Array(VOTE_BYTES).fill(0x11);
  for (let round = 0; round < ROUNDS; round++) {
    frames = 0;
    for (const { transport } of nodes) {
      for (const { id } of transport.peers()) transport.send(id, vote);
    }
    await received(2 * links);
  }
}

async function oneLink(count: number, sizeBytes: number): Promise<void> {
  const [first] = nodes;
  const [peer] = first?.transport.peers() ?? [];
  const frame = new Uint8Array(sizeBytes).fill(0x22);
  frames = 0;
  for (let sent = 0; sent < count; ) {
    if (first?.transport.send(peer?.id ?? "", frame) === true) sent++;
    else await new Promise(setImmediate);
  }
  await received(count);
}

async function received(count: number): Promise<void> {
  for (;;) {
    if (frames >= count) return;
    await new Promise(setImmediate);
  }
}

async function cpuOf(run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function report(what: string, count: number, cpuMicros: number): void {
  console.log(`${what}: ${(cpuMicros / count).toFixed(1)} µs of CPU each`);
}
