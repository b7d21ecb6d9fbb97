// The hello exchange on a fresh WebSocket. The dialler speaks first; the listener verifies, decides
// whether it takes the link at all, and only then answers. So the listener's hello is the one moment at
// which a link begins to exist, on both sides, and duplicates are settled without a race. The listener
// answers in the dialler's version of the protocol. Until the
// verified hello no byte of the peer goes anywhere else, and no more than MAX_UNVERIFIED_BYTES arrive.

import type { TLSSocket } from "node:tls";
import type { RawData, WebSocket } from "ws";
import { fail, ok, type Result } from "../../../types/errors.ts";
import {
  type CloseReason,
  type LinkEnd,
  reasonOf,
  reasonOfError,
  wireCode,
} from "../close-code.ts";
import { MAX_UNVERIFIED_BYTES } from "../limits.ts";
import {
  EXPORTER_BYTES,
  EXPORTER_LABEL,
  encodeHello,
  type Hello,
  type OwnHello,
  verifyHello,
} from "./hello.ts";

export interface HelloExchange {
  readonly ws: WebSocket;
  readonly socket: TLSSocket;
  /** The peer's key as TLS proved it, 32 bytes. */
  readonly key: Uint8Array;
  /** What this side says; its `dialler` decides who speaks first. */
  readonly own: OwnHello;
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** The listener's last word before it answers: a reason where the link is not wanted. */
  readonly admit: (hello: Hello) => CloseReason | undefined;
}

export type HelloOutcome = Result<Hello, LinkEnd>;

/** Runs the exchange; `done` is called once. The caller sets the deadline and destroys the socket then. */
export function exchangeHello(parts: HelloExchange, done: (outcome: HelloOutcome) => void): void {
  const { ws, socket, key, own } = parts;
  const exported = socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0));
  const say = (protocolVersion: number): void =>
    ws.send(encodeHello({ ...own, protocolVersion }, exported, parts.sign), { binary: true });
  let settled = false;
  let received = 0;
  const settle = (outcome: HelloOutcome, closeWith?: CloseReason): void => {
    if (settled) return;
    settled = true;
    socket.off("data", count);
    ws.off("message", onMessage);
    if (closeWith !== undefined) ws.close(wireCode(closeWith));
    done(outcome);
  };
  const refuse = (reason: CloseReason, detail: string): void =>
    settle(fail(reason, detail), reason);
  const count = (chunk: Buffer): void => {
    received += chunk.length;
    if (received <= MAX_UNVERIFIED_BYTES || settled) return;
    settle(fail("PEER_MALFORMED", "too many bytes before the hello"));
    ws.terminate();
  };
  const onMessage = (data: RawData): void => {
    const bytes = data as Buffer;
    const frame = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    const verified = verifyHello(frame, { exported, key }, own);
    if (!verified.ok) {
      refuse(verified.code, verified.reason);
      return;
    }
    if (!own.dialler) {
      const unwanted = parts.admit(verified.value);
      if (unwanted !== undefined) {
        refuse(unwanted, "this node does not take the link");
        return;
      }
      say(verified.value.protocolVersion);
    }
    settle(ok(verified.value));
  };
  socket.on("data", count);
  ws.on("message", onMessage);
  ws.on("close", (wire) => {
    const reason = reasonOf(wire);
    settle(
      reason === "PEER_CLOSED"
        ? fail("PEER_HANDSHAKE_FAILED", "the peer closed the connection before the hello was done")
        : fail(reason, "the peer refused the link"),
    );
  });
  // Stays for the life of the socket: an error without a listener would end the process.
  ws.on("error", (error) => {
    const reason = reasonOfError(error);
    settle(fail(reason === "PEER_CLOSED" ? "PEER_HANDSHAKE_FAILED" : reason, error.message));
  });
  if (own.dialler) say(own.protocolVersion);
}
