import "reflect-metadata";
import { webcrypto, X509Certificate } from "node:crypto";
import { X509CertificateGenerator } from "@peculiar/x509";
import { describe, expect, it } from "vitest";
import { otherCertificate } from "../../../../test/raw-peer.ts";
import { nodeIdOf, publicKeyOf } from "../../../crypto/pure-keys.ts";
import { openNodeIdentity, peerKeyOf } from "./node-identity.ts";

const certificateOf = async (seed: Uint8Array): Promise<X509Certificate> => {
  const { cert } = (await openNodeIdentity(seed)).listenOptions();
  return new X509Certificate(String(cert));
};

describe("node identity", () => {
  it("shows the seed's own key in its certificate, and wipes the seed", async () => {
    const seed = new Uint8Array(32).fill(6);
    const nodeKey = publicKeyOf(seed);
    const identity = await openNodeIdentity(seed);
    expect(seed.every((byte) => byte === 0)).toBe(true);
    expect(identity).toMatchObject({ nodeKey, nodeId: nodeIdOf(nodeKey) });
    const certificate = await certificateOf(new Uint8Array(32).fill(6));
    expect(peerKeyOf(certificate)).toEqual({ ok: true, value: nodeKey });
  });

  it("holds no secret in what a log or an error could print", async () => {
    const identity = await openNodeIdentity(new Uint8Array(32).fill(6));
    expect(JSON.stringify(identity)).not.toContain("PRIVATE");
    expect(JSON.stringify(identity)).not.toContain("06".repeat(32));
  });
});

describe("a peer's certificate", () => {
  it("must be there", () => {
    expect(peerKeyOf(undefined)).toMatchObject({ ok: false, code: "PEER_IDENTITY" });
  });

  it("must hold an Ed25519 key", async () => {
    const { cert } = await otherCertificate();
    expect(peerKeyOf(new X509Certificate(cert))).toMatchObject({
      ok: false,
      reason: "the certificate's key is ec",
    });
  });

  it("must be signed by its own key", async () => {
    const { subtle } = webcrypto;
    const newKeys = async () =>
      (await subtle.generateKey({ name: "Ed25519" }, true, [
        "sign",
        "verify",
      ])) as unknown as webcrypto.CryptoKeyPair;
    const [own, foreign] = [await newKeys(), await newKeys()];
    const certificate = await X509CertificateGenerator.create(
      {
        subject: "CN=a",
        issuer: "CN=a",
        publicKey: own.publicKey,
        signingKey: foreign.privateKey,
        signingAlgorithm: { name: "Ed25519" },
      },
      webcrypto,
    );
    expect(peerKeyOf(new X509Certificate(certificate.toString("pem")))).toMatchObject({
      ok: false,
      reason: "the certificate is not signed by its own key",
    });
  });
});
