// A peer by hand, for tests of what the transport refuses: TLS with any certificate, a WebSocket, and
// whatever hello or frame the test wants to send.

import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { once } from "node:events";
import type { TcpNetConnectOpts } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { X509CertificateGenerator } from "@peculiar/x509";
import { WebSocket } from "ws";
import {
  EXPORTER_BYTES,
  EXPORTER_LABEL,
  encodeHello,
  type Hello,
  PROTOCOL_VERSION,
} from "../src/adapters/ws-transport/handshake/hello.ts";
import type { NodeIdentity } from "../src/adapters/ws-transport/handshake/node-identity.ts";

type RawSettings = ConnectionOptions & Pick<TcpNetConnectOpts, "localAddress">;

/** A TLS connection to a node, as the identity or with other settings. */
export async function rawTls(
  port: number,
  identity: NodeIdentity,
  settings: RawSettings = {},
): Promise<TLSSocket> {
  const socket = connect({ ...identity.listenOptions(), host: "127.0.0.1", port, ...settings });
  socket.on("error", () => socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

/** A WebSocket on it, before any hello. */
export async function rawWebSocket(socket: TLSSocket): Promise<WebSocket> {
  const ws = new WebSocket("ws://peer/", { createConnection: () => socket });
  await once(ws, "open");
  return ws;
}

export const exportedOf = (socket: TLSSocket): Uint8Array =>
  socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0));

/** The hello that an honest dialler of the tests' chain would send. */
export function helloOf(overrides: Partial<Hello> = {}): Hello {
  return {
    protocolVersion: PROTOCOL_VERSION,
    chainId: "test-1",
    genesisHash: new Uint8Array(32).fill(9),
    role: "full",
    dialler: true,
    session: new Uint8Array(16).fill(1),
    listenAddress: "",
    ...overrides,
  };
}

/** A peer that has exchanged hellos and is linked. */
export async function rawPeer(
  port: number,
  identity: NodeIdentity,
  hello: Hello = helloOf(),
  settings: RawSettings = {},
): Promise<{ ws: WebSocket; socket: TLSSocket }> {
  const socket = await rawTls(port, identity, settings);
  const ws = await rawWebSocket(socket);
  ws.send(encodeHello(hello, exportedOf(socket), (message) => identity.sign(message)));
  const refused = once(ws, "close").then(([code]) => {
    throw new Error(`the node refused the link with ${String(code)}`);
  });
  await Promise.race([once(ws, "message"), refused]);
  // A later close is the test's affair.
  refused.catch(() => undefined);
  return { ws, socket };
}

/** The code with which the node closes the socket. */
export async function closeCode(ws: WebSocket): Promise<number> {
  const [code] = (await once(ws, "close")) as [number];
  return code;
}

/** A certificate and key as the rest of the world has them: ECDSA on P-256. */
export async function otherCertificate(): Promise<{ cert: string; key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" };
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: "CN=other", keys, signingAlgorithm },
    webcrypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`;
  return { cert: certificate.toString("pem"), key };
}
