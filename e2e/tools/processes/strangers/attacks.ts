// What strangers do to a node, each without end, with new keys and addresses as often as the node throws the old
// ones out. All come from 127.1.0.0/16: one provider's network. Bounded here only by what this process can send.

import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeFrame } from "@timecoin/node/codec/frames";
import { halfOpen, link, newStranger, type StrangerLink, type Target } from "./stranger.ts";

export interface Attack {
  readonly name: string;
  /** Never ends by itself. */
  readonly run: (targets: readonly Target[]) => Promise<never>;
}

/** Strangers of one attack that are linked, or try to be, at one time. */
const SIDE_BY_SIDE = 16;
const HALF_OPEN = 1_000;
const SYBILS = 1_000;
const SYBILS_SIDE_BY_SIDE = 64;
const RETRY_MS = 50;
const BATCH = 200;

const anyAddress = (): string => `127.1.${randomInt(0, 250)}.${randomInt(1, 250)}`;

function anyTarget(targets: readonly Target[]): Target {
  const target = targets[randomInt(0, targets.length)];
  if (target === undefined) throw new RangeError("no target");
  return target;
}

async function sideBySide(count: number, one: () => Promise<never>): Promise<never> {
  return await Promise.race(Array.from({ length: count }, one));
}

/** Linked strangers that each do `misbehave` for as long as the node lets them. */
function linked(name: string, misbehave: (one: StrangerLink) => Promise<void>): Attack {
  const one = async (targets: readonly Target[]): Promise<never> => {
    for (;;) {
      const stranger = await link(await newStranger(), anyTarget(targets), anyAddress());
      if (stranger === undefined) {
        await sleep(RETRY_MS);
        continue;
      }
      while (stranger.ws.readyState === stranger.ws.OPEN) {
        await misbehave(stranger);
        await sleep(1);
      }
      stranger.socket.destroy();
    }
  };
  return { name, run: (targets) => sideBySide(SIDE_BY_SIDE, () => one(targets)) };
}

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
async function stayHalfOpen(targets: readonly Target[]): Promise<never> {
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
async function sybils(targets: readonly Target[]): Promise<never> {
  const [target] = targets;
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

export const SYBIL_ATTACK: Attack = { name: "sybils", run: sybils };

export const ATTACKS: readonly Attack[] = [
  { name: "half-open sockets", run: stayHalfOpen },
  linked("one-byte frames", (one) => flood(one, ONE_BYTE)),
  linked("never reading", async (one) => {
    one.socket.pause();
    await flood(one, GET_BLOCKS);
    await sleep(200);
  }),
  linked("pings", (one) => flood(one, PINGS)),
  linked("WebSocket pings", async ({ ws }) => {
    for (let i = 0; i < BATCH; i++) ws.ping();
    await sleep(20);
  }),
  linked("invented addresses", (one) => flood(one, INVENTED)),
];
