// One attempt to reach one address: TCP, TLS, the pinned node id, WebSocket, hello; one deadline over
// all of it. The host name is resolved anew by each attempt. No byte of HTTP is sent before the other
// side has proved to be who was dialled. The dialler decides when to try and what to do afterwards.

import { isIP, type LookupFunction } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { nodeIdOf } from "../../../crypto/pure-keys.ts";
import type { Clock } from "../../../ports.ts";
import { fail, ok, type Result } from "../../../types/errors.ts";
import { formatPeerAddress, type PeerAddress } from "../addresses/peer-address.ts";
import type { LinkEnd } from "../close-code.ts";
import type { IpGrouping } from "../ip-groups.ts";
import { WS_LIMITS } from "../limits.ts";
import type { Channel } from "../links/link.ts";
import type { Hello, OwnHello } from "./hello.ts";
import { exchangeHello } from "./hello-exchange.ts";
import { type NodeIdentity, peerKeyOf } from "./node-identity.ts";

export interface DialContext {
  readonly identity: NodeIdentity;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly lookup: LookupFunction;
  readonly groupsOf: IpGrouping;
  /** Address of this machine to dial from; absent: the system's choice. */
  readonly localAddress?: string;
  /** Told each address that is tried, as the name is resolved. */
  readonly trying: (ip: string) => void;
  /** What this node says of itself as the dialler. */
  readonly hello: OwnHello;
}

export type DialOutcome = Result<Channel, LinkEnd>;

/** Dials; `done` is called once, also after abort(). */
export function dialPeer(
  address: PeerAddress,
  context: DialContext,
  done: (outcome: DialOutcome) => void,
): { abort(): void } {
  const { identity, clock, timeoutMs } = context;
  let settled = false;
  let connected = false;
  const socket = connect({
    ...identity.dialOptions(),
    host: address.host,
    port: address.port,
    lookup: context.lookup,
    ...(context.localAddress === undefined ? {} : { localAddress: context.localAddress }),
    // The node id names the peer; a server name would only tell eavesdroppers.
    servername: "",
    checkServerIdentity: () => undefined,
  });
  const settle = (outcome: DialOutcome): void => {
    if (settled) return;
    settled = true;
    deadline.cancel();
    done(outcome);
  };
  const giveUp = (code: LinkEnd, reason: string): void => {
    settle(fail(code, reason));
    socket.destroy();
  };
  const deadline = clock.startTimer(timeoutMs, () =>
    connected
      ? giveUp("PEER_HANDSHAKE_TIMEOUT", `no handshake within ${timeoutMs} ms`)
      : giveUp("PEER_UNREACHABLE", `no connection within ${timeoutMs} ms`),
  );
  socket.setNoDelay(true);
  if (isIP(address.host) !== 0) context.trying(address.host);
  socket.on("lookup", (_error, ip) => context.trying(ip));
  socket.once("connect", () => {
    connected = true;
  });
  socket.on("error", (error) =>
    giveUp(connected ? "PEER_HANDSHAKE_FAILED" : "PEER_UNREACHABLE", error.message),
  );
  socket.once("secureConnect", () => {
    const key = provenKey(socket, address, identity);
    if (key.ok) upgrade({ socket, key: key.value, address, context }, settle);
    else giveUp(key.code, key.reason);
  });
  return { abort: () => giveUp("PEER_CLOSED", "given up") };
}

function provenKey(
  socket: TLSSocket,
  address: PeerAddress,
  identity: NodeIdentity,
): Result<Uint8Array, "PEER_IDENTITY" | "PEER_SELF"> {
  if (socket.isSessionReused()) return fail("PEER_IDENTITY", "the TLS session was resumed");
  const key = peerKeyOf(socket.getPeerX509Certificate());
  if (!key.ok) return key;
  const id = nodeIdOf(key.value);
  if (id === identity.nodeId) return fail("PEER_SELF", "this node answers at that address");
  return id === address.id ? key : fail("PEER_IDENTITY", `node ${id} answers at that address`);
}

interface ProvenSocket {
  readonly socket: TLSSocket;
  readonly key: Uint8Array;
  readonly address: PeerAddress;
  readonly context: DialContext;
}

function upgrade(proven: ProvenSocket, settle: (outcome: DialOutcome) => void): void {
  const { socket, key, context } = proven;
  const ws = new WebSocket("ws://peer/", {
    ...WS_LIMITS,
    createConnection: () => socket,
    // Masking defends plain-text proxies; inside TLS it only costs a copy of every frame.
    generateMask: (mask) => mask.fill(0),
  });
  const failed = (error: Error): void => {
    settle(fail("PEER_HANDSHAKE_FAILED", error.message));
    socket.destroy();
  };
  ws.once("error", failed);
  ws.once("open", () => {
    exchangeHello(
      {
        ws,
        socket,
        key,
        own: context.hello,
        sign: (message) => context.identity.sign(message),
        admit: () => undefined,
      },
      (outcome) => {
        if (!outcome.ok) {
          settle(outcome);
          return;
        }
        settle(ok(dialledChannel(proven, ws, outcome.value)));
      },
    );
    ws.off("error", failed);
  });
}

function dialledChannel(proven: ProvenSocket, ws: WebSocket, hello: Hello): Channel {
  const { socket, key, address, context } = proven;
  const { remoteAddress = address.host, remotePort = address.port } = socket;
  return {
    ws,
    socket,
    peerId: address.id,
    nodeKey: key,
    outbound: true,
    ip: context.groupsOf(remoteAddress),
    remoteAddress: formatPeerAddress(address.id, remoteAddress, remotePort),
    dialledAddress: address.text,
    hello,
  };
}
