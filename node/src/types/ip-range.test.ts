import { BlockList, isIP, SocketAddress } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInRange, parseIp, parseIpRange } from "./ip-range.ts";

const familyOf = (text: string) => (isIP(text) === 4 ? "ipv4" : "ipv6");
const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

describe("ip addresses", () => {
  it("are read and written as the system does", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const system = new SocketAddress({ address: text, family: familyOf(text) }).address;
        const shown = mapped.exec(system)?.[1] ?? system;
        // The system writes the last groups of old compatible addresses (::1.2.3.4) with dots.
        if (!/^::.*\./.test(shown)) expect(parseIpRange(text)?.text).toBe(shown);
        expect(parseIp(text)).toEqual(parseIp(system));
      }),
      { numRuns: 1_000 },
    );
  });

  it("are refused where the system refuses them", () => {
    const texts = ["", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "::1::", "1:2:3:4:5:6:7"];
    const more = [
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7::8",
      "g::",
      "12345::",
      ":1",
      "1:",
      "1.2.3.4:1",
    ];
    const nested = ["::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "host", " 1.2.3.4"];
    for (const text of [...texts, ...more, ...nested]) {
      expect(isIP(text), text).toBe(0);
      expect(parseIp(text), text).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f:.]{0,20}$/), (text) => {
        expect(parseIp(text) !== undefined, text).toBe(isIP(text) !== 0);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("ip ranges", () => {
  it("hold what the system's own list holds", () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(address, address, fc.nat(128), fc.nat(128), (base, other, bits, flipped) => {
        const family = familyOf(base);
        const range = parseIpRange(`${base}/${bits}`);
        if (range === undefined || (family === "ipv6") !== (range.bytes.length === 16)) return;
        const list = new BlockList();
        list.addSubnet(base, bits, family);
        const near = flip(base, flipped);
        for (const text of [base, near, other]) {
          // The system counts all of IPv4 to ::/0, too; here the two are apart.
          if (familyOf(text) !== family) continue;
          const bytes = parseIp(text) ?? [];
          const inside = list.check(text, familyOf(text));
          expect(isInRange(bytes, range), `${text} ${bits}`).toBe(inside);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["10.1.2.3", "10.1.2.3"],
    ["10.1.2.3/24", "10.1.2.0/24"],
    ["10.1.2.3/32", "10.1.2.3"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["::ffff:10.1.2.3", "10.1.2.3"],
    ["2001:DB8::1/64", "2001:db8::/64"],
    ["fe80::1%eth0", "fe80::1"],
    ["::/0", "::/0"],
    ["10.1.2.3/33", undefined],
    ["10.1.2.3/", undefined],
    ["10.1.2.3/24/1", undefined],
    ["::/129", undefined],
    ["/8", undefined],
  ])("%s is written %s", (text, expected) => expect(parseIpRange(text)?.text).toBe(expected));
});

/** The address with one bit turned over. */
function flip(text: string, bit: number): string {
  const range = parseIpRange(text);
  const bytes = [...(range?.bytes ?? [])];
  const at = Math.floor(bit / 8) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (0x80 >> (bit % 8));
  if (bytes.length === 4) return bytes.join(".");
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return (hex.match(/.{4}/g) ?? []).join(":");
}
