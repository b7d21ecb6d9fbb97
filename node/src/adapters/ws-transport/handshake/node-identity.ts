// A node's identity on the network: its Ed25519 node key, and the self-signed certificate that shows it
// in TLS. Peers are known by the key alone: names and dates in a certificate mean nothing here, so an
// unset clock cannot cut a node off. The secret stays in closures and in OpenSSL's memory; no property
// and no log line shows it.

import "reflect-metadata";
import { constants, webcrypto, type X509Certificate } from "node:crypto";
import {
  type CommonConnectionOptions,
  createSecureContext,
  type SecureContextOptions,
} from "node:tls";
import { X509CertificateGenerator } from "@peculiar/x509";
import { isTorsionFreeNative, openSigningKey } from "../../../crypto/keys.ts";
import { nodeIdOf, type Seed } from "../../../crypto/pure-keys.ts";
import { fail, ok, type Result } from "../../../types/errors.ts";

export interface NodeIdentity {
  readonly nodeId: string;
  /** 32 bytes. */
  readonly nodeKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
  /** What a listener uses: this certificate, TLS 1.3, Ed25519, nothing else. */
  listenOptions(): SecureContextOptions & CommonConnectionOptions;
  /** For a listener that asks its clients for no certificate. */
  serverOptions(): SecureContextOptions;
  /** The same for a dialler, with the key parsed once for all dials. */
  dialOptions(): CommonConnectionOptions;
}

const ED25519 = { name: "Ed25519" };
/** RFC 8410: the fixed head of a PKCS #8 key, then the 32 bytes of the seed. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const NOT_BEFORE = new Date("2020-01-01T00:00:00Z");
const NOT_AFTER = new Date("9999-12-31T23:59:59Z");

/** The identity of a seed. Overwrites the caller's seed. */
export async function openNodeIdentity(seed: Seed): Promise<NodeIdentity> {
  const pkcs8 = Buffer.concat([PKCS8_HEAD, seed]);
  const key = openSigningKey(seed);
  const certificate = await selfSigned(pkcs8, key.publicKey);
  const privateKey = pem("PRIVATE KEY", pkcs8);
  pkcs8.fill(0);
  const settings: SecureContextOptions = {
    cert: certificate,
    key: privateKey,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    sigalgs: "ed25519",
    ecdhCurve: "X25519",
    // No tickets that carry a session; without a session store none can be resumed.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  const secureContext = createSecureContext(settings);
  // There is no authority that could refuse: peerKeyOf() judges the certificate.
  const mutual = { requestCert: true, rejectUnauthorized: false };
  return {
    nodeId: nodeIdOf(key.publicKey),
    nodeKey: key.publicKey,
    sign: (message) => key.sign(message),
    listenOptions: () => ({ ...settings, ...mutual }),
    serverOptions: () => settings,
    dialOptions: () => ({ secureContext, ...mutual }),
  };
}

/**
 * The node key behind a peer's certificate.
 * Refused (PEER_IDENTITY): none shown, not Ed25519, not signed by its own key, a point of small order.
 */
export function peerKeyOf(
  certificate: X509Certificate | undefined,
): Result<Uint8Array, "PEER_IDENTITY"> {
  const refuse = (reason: string) => fail("PEER_IDENTITY", reason);
  if (certificate === undefined) return refuse("no Ed25519 certificate was shown");
  const { publicKey } = certificate;
  if (publicKey.asymmetricKeyType !== "ed25519") {
    return refuse(`the certificate's key is ${publicKey.asymmetricKeyType ?? "unknown"}`);
  }
  if (!certificate.verify(publicKey)) return refuse("the certificate is not signed by its own key");
  const { x } = publicKey.export({ format: "jwk" });
  const key = Uint8Array.from(Buffer.from(x ?? "", "base64url"));
  return isTorsionFreeNative(key) ? ok(key) : refuse("the key is not a sound Ed25519 point");
}

async function selfSigned(pkcs8: Uint8Array<ArrayBuffer>, nodeKey: Uint8Array): Promise<string> {
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey("pkcs8", pkcs8, ED25519, false, ["sign"]);
  const publicBytes = Uint8Array.from(nodeKey);
  const publicKey = await subtle.importKey("raw", publicBytes, ED25519, true, ["verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: "01",
      name: "CN=timecoin-node",
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      keys: { privateKey, publicKey },
      signingAlgorithm: ED25519,
    },
    webcrypto,
  );
  return certificate.toString("pem");
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
