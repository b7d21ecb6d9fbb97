// What strangers do to a node's links, and the table of all attacks. Each goes on without end, with new keys and
// addresses as often as the node throws the old ones out, bounded only by what this process can send.

import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeFrame } from "@timecoin/node/codec/frames";
import { halfOpen, link, newStranger, type StrangerLink } from "./stranger.ts";
import {
  type Attack,
  anyAddress,
  anyTarget,
  linked,
  RETRY_MS,
  sideBySide,
  type World,
} from "./stranger-links.ts";
import { WORK_ATTACKS } from "./work-attacks.ts";

const SIDE_BY_SIDE = 16;
const HALF_OPEN = 1_000;
const SYBILS = 1_000;
const SYBILS_SIDE_BY_SIDE = 64;
const BATCH = 200;

/** Sends one of the frames many times, and waits until the system has taken it. */
async function flood({ ws, socket }: StrangerLink, frames: readonly Uint8Array[]): Promise<void> {
  for (let i = 0; i < BATCH; i++) ws.send(frames[i % frames.length] ?? new Uint8Array(1));
  if (!socket.writableNeedDrain) return;
  // A link that is cut off while it waits is dialled anew.
  await Promise.race([once(socket, "drain"), sleep(1_000)]).catch(() => undefined);
}

const GET_BLOCKS = [
  encodeFrame({ type: "getBlocks", request: { requestId: 7, fromHeight: 1, count: 64 } }),
];
const PINGS = [encodeFrame({ type: "ping", nonce: 7 })];
const ONE_BYTE = [Uint8Array.of(0x40)];
const INVENTED = Array.from({ length: 50 }, () =>
  encodeFrame({
    type: "peers",
    addresses: Array.from(
      { length: 64 },
      () =>
        `${randomBytes(20).toString("hex")}@127.9.${randomInt(0, 250)}.1:${randomInt(1, 60_000)}`,
    ),
  }),
);

/** Keeps connections that say nothing. */
async function stayHalfOpen({ targets }: World): Promise<never> {
  let open = 0;
  for (;;) {
    const socket = open < HALF_OPEN ? await halfOpen(anyTarget(targets), anyAddress()) : undefined;
    if (socket === undefined) {
      await sleep(RETRY_MS);
      continue;
    }
    open++;
    socket.once("close", () => open--);
    socket.resume();
  }
}

/** A thousand addresses of one network that link with the first target and keep the links. */
async function sybils({ targets: [target] }: World): Promise<never> {
  if (target === undefined) throw new RangeError("no target");
  let next = 0;
  return await sideBySide(SYBILS_SIDE_BY_SIDE, async () => {
    for (;;) {
      const number = next++ % SYBILS;
      const address = `127.1.${number >> 2}.${1 + (number & 3)}`;
      if ((await link(await newStranger(), target, address)) === undefined) await sleep(RETRY_MS);
    }
  });
}

const onLinks = (name: string, act: (one: StrangerLink) => Promise<void>): Attack =>
  linked({ name, sideBySide: SIDE_BY_SIDE, act });

export const SYBIL_ATTACK: Attack = { name: "sybils", run: sybils };

export const ATTACKS: readonly Attack[] = [
  { name: "half-open sockets", run: stayHalfOpen },
  onLinks("one-byte frames", (one) => flood(one, ONE_BYTE)),
  onLinks("never reading", async (one) => {
    one.socket.pause();
    await flood(one, GET_BLOCKS);
    await sleep(200);
  }),
  onLinks("pings", (one) => flood(one, PINGS)),
  onLinks("WebSocket pings", async ({ ws }) => {
    for (let i = 0; i < BATCH; i++) ws.ping();
    await sleep(20);
  }),
  onLinks("invented addresses", (one) => flood(one, INVENTED)),
  ...WORK_ATTACKS,
];
