import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHostPort, parsePeerAddress } from "./peer-address.ts";

const id = "0123456789abcdef0123456789abcdef01234567";

describe("peer address", () => {
  it.each([
    ["127.0.0.1:24100", "127.0.0.1", 24100],
    [
      "demo-eu-1.demo.chain.svc.cluster.local.:24100",
      "demo-eu-1.demo.chain.svc.cluster.local.",
      24100,
    ],
    ["Node.Example:1", "node.example", 1],
    ["localhost:65535", "localhost", 65535],
    ["[2001:DB8::1]:24000", "2001:db8::1", 24000],
  ])("takes %s apart, and writes it as it reads it", (text, host, port) => {
    const parsed = parsePeerAddress(`${id}@${text}`);
    expect(parsed).toMatchObject({ ok: true, value: { id, host, port } });
    const again = parsed.ok ? parsePeerAddress(parsed.value.text) : parsed;
    expect(again).toEqual(parsed);
  });

  it.each([
    "",
    "@",
    id,
    `${id}@`,
    `${id}@host`,
    `${id}@host:0`,
    `${id}@host:65536`,
    `${id}@:1`,
    `${id}@a b:1`,
    `${id}@-a..b:1`,
    `${id}@[127.0.0.1]:1`,
    `${id}@2001:db8::1:1`,
    `${id}@host:1:2`,
    `${id.slice(1)}@host:1`,
    `${id}@${"a".repeat(300)}:1`,
    `${id}@host:1\n`,
  ])("refuses %j", (text) => {
    expect(parsePeerAddress(text)).toMatchObject({ ok: false, code: "PEER_ADDRESS_INVALID" });
  });

  it("never throws and never repeats unprintable text, whatever it is given", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 320 }), (bytes) => {
        const text = String.fromCharCode(...bytes);
        for (const result of [parsePeerAddress(text), parseHostPort(text)]) {
          if (!result.ok) expect(result.reason).toMatch(/^[\x20-\x7e]*$/);
        }
      }),
    );
  });
});
