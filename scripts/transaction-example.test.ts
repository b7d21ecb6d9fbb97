// The worked example of docs/reference/rpc.md, made again with nothing of the node's code: bytes by hand, and
// hashes and signatures by node:crypto. Who follows the page gets what the node takes.

import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const page = readFileSync("docs/reference/rpc.md", "utf8");

/** A row of the example's table. */
function part(name: string): string {
  const found = page.split("\n").find((line) => line.startsWith(`| ${name} | \``));
  const value = /`([^`]*)`/.exec(found ?? "")?.[1];
  if (value === undefined) throw new Error(`the example has no "${name}"`);
  return value;
}

const hexPart = (name: string): Buffer => Buffer.from(part(name), "hex");
const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
const domain = (name: string): Buffer =>
  Buffer.concat([Buffer.from(name), Buffer.alloc(16 - name.length)]);

function uint(value: bigint | number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0, rest = BigInt(value); at < sizeBytes; at++, rest >>= 8n) {
    bytes[at] = Number(rest & 255n);
  }
  return bytes;
}

const key = createPrivateKey({
  key: Buffer.concat([
    Buffer.from("302e020100300506032b657004220420", "hex"),
    hexPart("seed of the owner"),
  ]),
  format: "der",
  type: "pkcs8",
});
const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);

it("comes out byte by byte as the page says", () => {
  expect(publicKey.toString("hex")).toBe(part("public key of the owner"));
  expect(sha256(publicKey).subarray(0, 20).toString("hex")).toBe(part("20 bytes of the owner"));
  const input = Buffer.concat([hexPart("coin: txid"), uint(Number(part("coin: index")), 4)]);
  const outputs = Buffer.concat([
    uint(BigInt(part("paid, in satoshi")), 8),
    hexPart("20 bytes of the receiver"),
    uint(BigInt(part("change, in satoshi")), 8),
    hexPart("20 bytes of the owner"),
  ]);
  const offsets = [14, 14 + 36, 14 + 36 + outputs.length].map((offset) => uint(offset, 4));
  const body = Buffer.concat([uint(1, 2), ...offsets, input, outputs]);
  expect(body.toString("hex")).toBe(part("body"));
  const txid = sha256(Buffer.concat([domain("TIME/tx/1"), body]));
  expect(txid.toString("hex")).toBe(part("txid"));
  const signed = Buffer.concat([domain("TIME/tx-sig/1"), hexPart("genesis hash"), txid]);
  expect(signed.toString("hex")).toBe(part("signed bytes"));
  const signature = sign(null, signed, key);
  expect(signature.toString("hex")).toBe(part("signature"));
  const head = [uint(8, 4), uint(8 + body.length, 4)];
  const transaction = Buffer.concat([...head, body, publicKey, signature]);
  expect(transaction.toString("hex")).toBe(part("transaction"));
});

it("pays the least fee for both outputs", () => {
  const outputs = BigInt(part("paid, in satoshi")) + BigInt(part("change, in satoshi"));
  const fee = 200_000_000n - outputs;
  expect(fee).toBeGreaterThanOrEqual((outputs + 999n) / 1000n);
});
