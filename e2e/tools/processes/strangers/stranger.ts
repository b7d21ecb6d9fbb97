// A peer with a key made a moment ago and an address of its own choice on loopback: what an attacker has. Uses the
// node's own dial, so the handshake is the real one; what it sends afterwards is the attack's affair.

import { randomBytes } from "node:crypto";
import { lookup } from "node:dns";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { parsePeerAddress } from "@timecoin/node/peer-links/addresses/peer-address";
import { dialPeer } from "@timecoin/node/peer-links/handshake/dial";
import { PROTOCOL_VERSION } from "@timecoin/node/peer-links/handshake/hello";
import {
  type NodeIdentity,
  openNodeIdentity,
} from "@timecoin/node/peer-links/handshake/node-identity";
import { ipGrouping } from "@timecoin/node/peer-links/ip-groups";
import type { Channel } from "@timecoin/node/peer-links/links/link";

/** The node that is attacked. */
export interface Target {
  readonly nodeId: string;
  readonly host: string;
  readonly port: number;
  readonly chainId: string;
  readonly genesisHash: Uint8Array;
}

/** A link that stands. */
export type StrangerLink = Pick<Channel, "ws" | "socket">;

const HANDSHAKE_MS = 15_000;
const KEY_BYTES = 32;
const SESSION_BYTES = 16;

const clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  startTimer: (delayMs: number, fire: () => void) => {
    const timeout = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(timeout) };
  },
};

export const newStranger = (): Promise<NodeIdentity> => openNodeIdentity(randomBytes(KEY_BYTES));

/** TCP alone; undefined where it is refused. */
export async function halfOpen(target: Target, localAddress: string): Promise<Socket | undefined> {
  const { host, port } = target;
  const socket = connect({ host, port, localAddress });
  socket.on("error", () => socket.destroy());
  await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => undefined);
  return socket.destroyed ? undefined : socket;
}

/** A link whose hellos are exchanged; undefined where the node does not take it. */
export function link(
  identity: NodeIdentity,
  target: Target,
  localAddress: string,
): Promise<StrangerLink | undefined> {
  const address = parsePeerAddress(`${target.nodeId}@${target.host}:${target.port}`);
  if (!address.ok) throw new Error(address.reason);
  const context = {
    identity,
    clock,
    timeoutMs: HANDSHAKE_MS,
    lookup,
    groupsOf: ipGrouping(),
    localAddress,
    trying: () => undefined,
    hello: {
      protocolVersion: PROTOCOL_VERSION,
      oldestVersion: PROTOCOL_VERSION,
      chainId: target.chainId,
      genesisHash: target.genesisHash,
      role: "full",
      dialler: true,
      session: randomBytes(SESSION_BYTES),
      listenAddress: "",
    } as const,
  };
  return new Promise((resolve) => {
    dialPeer(address.value, context, (outcome) => resolve(outcome.ok ? outcome.value : undefined));
  });
}
