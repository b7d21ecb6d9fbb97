// The P2P port: TCP, then TLS with the peer's own certificate, then one HTTP upgrade, then the hello.
// Each layer is handed the connection only when the one below is satisfied, and each connection is
// counted and timed from its first moment (PendingHandshakes). What comes out is a Channel.

import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { WebSocketServer } from "ws";
import { nodeIdOf } from "../../../crypto/pure-keys.ts";
import { CodedError } from "../../../types/errors.ts";
import { formatPeerAddress } from "../addresses/peer-address.ts";
import type { PendingHandshake, PendingHandshakes } from "../admission/pending-handshakes.ts";
import type { CloseReason, LinkEnd } from "../close-code.ts";
import { MAX_UNVERIFIED_BYTES, WS_LIMITS } from "../limits.ts";
import type { Channel } from "../links/link.ts";
import type { OwnHello } from "./hello.ts";
import { exchangeHello } from "./hello-exchange.ts";
import { type NodeIdentity, peerKeyOf } from "./node-identity.ts";

export interface ListenerParts {
  readonly identity: NodeIdentity;
  readonly pending: PendingHandshakes;
  /** What this node says of itself as the listener. */
  readonly hello: OwnHello;
  readonly handshakeTimeoutMs: number;
  /** Whether the link is wanted; asked when the peer's hello is verified. */
  readonly admit: (candidate: Omit<Channel, "ws" | "socket">) => CloseReason | undefined;
  readonly accepted: (channel: Channel) => void;
  /** A connection came to nothing; `pending` where it had a place. */
  readonly refused: (refusal: InboundRefusal) => void;
}

export interface InboundRefusal {
  /** Where it came from. */
  readonly ip: string;
  /** The node id, where the peer had proved it. */
  readonly peerId?: string | undefined;
  readonly reason: LinkEnd;
  readonly detail: string;
  readonly pending?: PendingHandshake;
}

export class PeerListener {
  readonly #parts: ListenerParts;
  readonly #tcp: Server;
  readonly #tls: TlsServer;
  readonly #http: HttpServer;
  readonly #websockets = new WebSocketServer({
    ...WS_LIMITS,
    noServer: true,
    clientTracking: false,
  });
  /** The proven key of each connection between TLS and hello. */
  readonly #keys = new WeakMap<object, Uint8Array>();
  /** What has its reason already: destroying a socket makes every layer above it complain too. */
  readonly #reported = new WeakSet<PendingHandshake>();

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    this.#tcp = createTcpServer({ noDelay: true }, (raw) => this.#onTcp(raw));
    this.#tls = createTlsServer(
      // The deadline of PendingHandshakes comes first; this one only backs it up.
      { ...parts.identity.listenOptions(), handshakeTimeout: 2 * parts.handshakeTimeoutMs },
      (socket) => this.#onTls(socket),
    );
    this.#tls.on("tlsClientError", (error, socket) => this.#refuse(socket, error.message));
    this.#http = createHttpServer({ maxHeaderSize: MAX_UNVERIFIED_BYTES }, (request, response) => {
      response.writeHead(426, { connection: "close" }).end();
      this.#refuse(request.socket, "an HTTP request that is no WebSocket upgrade");
    });
    this.#http.on("clientError", (error, socket) => this.#refuse(socket as Socket, error.message));
    this.#http.on("upgrade", (request, socket, head) =>
      this.#websockets.handleUpgrade(request, socket, head, (ws) =>
        this.#onWebSocket(ws, socket as TLSSocket),
      ),
    );
  }

  /**
   * Binds the port (0: any free one) and resolves with the port bound.
   * @throws CodedError P2P_PORT_IN_USE or P2P_LISTEN_FAILED.
   */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port));
      this.#tcp.once("error", failed);
      this.#tcp.listen(port, host, () => {
        this.#tcp.off("error", failed);
        // Later errors (out of file descriptors while accepting) cost that connection only.
        this.#tcp.on("error", (error) =>
          this.#parts.refused({ ip: "", reason: "PEER_HANDSHAKE_FAILED", detail: error.message }),
        );
        resolve((this.#tcp.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no further connection and drops those without a hello; `done` when the port is free. */
  close(done: () => void): void {
    this.#tcp.close(() => done());
    this.#parts.pending.destroyAll();
  }

  #onTcp(raw: Socket): void {
    const { pending, refused } = this.#parts;
    // Errors surface as "close", which gives the count back; without a listener they would throw.
    raw.on("error", () => raw.destroy());
    const entered = pending.enter(raw);
    if (!entered.ok) {
      const { code: reason, reason: detail } = entered;
      refused({ ip: raw.remoteAddress ?? "", reason, detail });
      raw.destroy();
      return;
    }
    // TLS begins with the first byte: a connection that says nothing costs no more than its socket.
    raw.once("data", (first: Buffer) => {
      raw.pause();
      raw.unshift(first);
      if (pending.begin(entered.value)) this.#tls.emit("connection", raw);
      else this.#refuse(raw, "too many handshakes begin in this second", "PEER_TOO_MANY");
    });
  }

  /** PendingHandshakes gave the connection up. */
  dropped(pending: PendingHandshake, reason: LinkEnd, detail: string): void {
    this.#report(pending, reason, detail);
  }

  #onTls(socket: TLSSocket): void {
    socket.on("error", () => socket.destroy());
    const key = socket.isSessionReused() ? undefined : peerKeyOf(socket.getPeerX509Certificate());
    if (key?.ok !== true) {
      this.#refuse(socket, key?.reason ?? "the TLS session was resumed", "PEER_IDENTITY");
      return;
    }
    this.#keys.set(socket, key.value);
    this.#http.emit("connection", socket);
  }

  #onWebSocket(ws: Channel["ws"], socket: TLSSocket): void {
    const pending = this.#parts.pending.of(socket);
    const key = this.#keys.get(socket);
    if (pending === undefined || key === undefined) {
      ws.terminate();
      return;
    }
    const peerId = nodeIdOf(key);
    const { remoteAddress = pending.ip.address, remotePort = 0 } = socket;
    const peer = {
      peerId,
      nodeKey: key,
      outbound: false,
      ip: pending.ip,
      remoteAddress: formatPeerAddress(peerId, remoteAddress, remotePort),
      dialledAddress: undefined,
    };
    exchangeHello(
      {
        ws,
        socket,
        key,
        own: this.#parts.hello,
        sign: (message) => this.#parts.identity.sign(message),
        admit: (hello) => this.#parts.admit({ ...peer, hello }),
      },
      (outcome) => {
        if (outcome.ok) this.#accept({ ...peer, ws, socket, hello: outcome.value }, pending);
        else this.#report(pending, outcome.code, outcome.reason, peerId);
      },
    );
  }

  #accept(channel: Channel, pending: PendingHandshake): void {
    this.#parts.pending.settled(pending);
    this.#parts.accepted(channel);
  }

  #refuse(socket: Socket, detail: string, reason: LinkEnd = "PEER_HANDSHAKE_FAILED"): void {
    const pending = this.#parts.pending.of(socket);
    if (pending !== undefined) this.#report(pending, reason, detail);
    socket.destroy();
  }

  #report(pending: PendingHandshake, reason: LinkEnd, detail: string, peerId?: string): void {
    if (this.#reported.has(pending)) return;
    this.#reported.add(pending);
    this.#parts.refused({ ip: pending.ip.address, peerId, reason, detail, pending });
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): CodedError {
  const details = { host, port };
  return error.code === "EADDRINUSE"
    ? new CodedError(
        "P2P_PORT_IN_USE",
        `P2P port ${port} on ${host} is in use by another program; stop it (ss -ltnp shows which) or set p2p.port`,
        { cause: error, details },
      )
    : new CodedError(
        "P2P_LISTEN_FAILED",
        `cannot listen for peers on ${host}:${port}: ${error.message}`,
        { cause: error, details },
      );
}
