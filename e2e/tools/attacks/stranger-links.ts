// Links of a stranger with real daemons: a node key made a moment ago, a correct hello, and then whatever an
// attack wants to send. Who is cut off comes back at once under a new key. Used by strangers.ts.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeHello } from "../../../node/src/adapters/ws-transport/handshake/hello.ts";
import { openNodeIdentity } from "../../../node/src/adapters/ws-transport/handshake/node-identity.ts";
import {
  decodeFrame,
  encodeFrame,
  frameTypeOf,
  type Message,
  type MessageType,
} from "../../../node/src/codec/frames.ts";
import { exportedOf, helloOf, rawTls, rawWebSocket } from "../../../node/test/raw-peer.ts";

/** More than this in the own socket: the node reads slower than the stranger sends. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
const REDIAL_MS = 200;

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface StrangerWorld {
  readonly chainId: string;
  readonly genesisHash: Uint8Array;
  /** The loopback address that the stranger comes from. */
  readonly from: string;
}

export interface StrangerLink {
  readonly isOpen: boolean;
  send(message: Message): void;
  sendBytes(frame: Uint8Array): void;
}

/** Keeps one link with the target, for ever; `linked` begins the attack on each new one. */
export async function keepLinked(
  target: Target,
  world: StrangerWorld,
  attack: {
    readonly linked: (link: StrangerLink) => void;
    /** What it reads; the rest is dropped, as a flooder has no use for answers. */
    readonly listensTo: MessageType | undefined;
    readonly heard: (link: StrangerLink, message: Message) => void;
  },
): Promise<never> {
  for (;;) {
    await oneLink(target, world, attack).catch(() => undefined);
    await sleep(REDIAL_MS);
  }
}

async function oneLink(
  target: Target,
  { chainId, genesisHash, from }: StrangerWorld,
  attack: Parameters<typeof keepLinked>[2],
): Promise<void> {
  const identity = await openNodeIdentity(new Uint8Array(randomBytes(32)));
  const socket = await rawTls(target.port, identity, { host: target.host, localAddress: from });
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const ws = await rawWebSocket(socket);
  ws.on("error", () => ws.terminate());
  const hello = helloOf({ chainId, genesisHash, session: new Uint8Array(randomBytes(16)) });
  ws.send(encodeHello(hello, exportedOf(socket), (message) => identity.sign(message)));
  const link: StrangerLink = {
    get isOpen() {
      return ws.readyState === ws.OPEN;
    },
    send: (message) => link.sendBytes(encodeFrame(message)),
    sendBytes(frame) {
      if (link.isOpen && ws.bufferedAmount < MAX_BUFFERED_BYTES) ws.send(frame);
    },
  };
  ws.once("message", () => {
    ws.on("message", (data: Buffer) => {
      if (frameTypeOf(data) === attack.listensTo)
        attack.heard(link, decodeFrame(new Uint8Array(data)));
    });
    attack.linked(link);
  });
  await ended;
}
