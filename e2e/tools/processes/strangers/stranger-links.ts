// Strangers that link with the nodes and do something for as long as they are let, from addresses of
// 127.1.0.0/16: one provider's network. Who is thrown out comes back with a new key and another address.
// Used by the tables of attacks.

import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeFrame, frameTypeOf, type Message } from "@timecoin/node/codec/frames";
import { link, newStranger, type StrangerLink, type Target } from "./stranger.ts";

/** What attackers know of the network. */
export interface World {
  readonly targets: readonly Target[];
  /** Unspent outputs of genesis: their index, and the public key that owns them. */
  readonly coins: readonly Coin[];
  /** Heights with full blocks. */
  readonly fullBlocks: { readonly from: number; readonly count: number };
}

export interface Coin {
  readonly index: number;
  readonly owner: Uint8Array;
}

export interface Attack {
  readonly name: string;
  /** Never ends by itself. */
  readonly run: (world: World) => Promise<never>;
}

/** What a linked stranger does. */
export interface Misdeed {
  readonly name: string;
  /** Strangers that are linked, or try to be, at one time. */
  readonly sideBySide: number;
  /** Once; it is called again until the link ends. */
  readonly act: (one: StrangerLink, world: World) => Promise<void>;
  /** What it does with the node's questions for transactions; without it, nothing is read. */
  readonly asked?: (one: StrangerLink, message: Message) => void;
}

/** Before a stranger that was refused tries again. */
export const RETRY_MS = 50;

export const anyAddress = (): string => `127.1.${randomInt(0, 250)}.${randomInt(1, 250)}`;

export function anyTarget(targets: readonly Target[]): Target {
  const target = targets[randomInt(0, targets.length)];
  if (target === undefined) throw new RangeError("no target");
  return target;
}

export async function sideBySide(count: number, one: () => Promise<never>): Promise<never> {
  return await Promise.race(Array.from({ length: count }, one));
}

/** An attack by linked strangers. */
export function linked(misdeed: Misdeed): Attack {
  const { name } = misdeed;
  return { name, run: (world) => sideBySide(misdeed.sideBySide, () => again(misdeed, world)) };
}

async function again({ act, asked }: Misdeed, world: World): Promise<never> {
  for (;;) {
    const stranger = await link(await newStranger(), anyTarget(world.targets), anyAddress());
    if (stranger === undefined) {
      await sleep(RETRY_MS);
      continue;
    }
    if (asked !== undefined) listen(stranger, asked);
    while (stranger.ws.readyState === stranger.ws.OPEN) {
      await act(stranger, world);
      await sleep(1);
    }
    stranger.socket.destroy();
  }
}

function listen(stranger: StrangerLink, asked: NonNullable<Misdeed["asked"]>): void {
  stranger.ws.on("message", (data: Buffer) => {
    if (frameTypeOf(data) === "getTxs") asked(stranger, decodeFrame(new Uint8Array(data)));
  });
}
