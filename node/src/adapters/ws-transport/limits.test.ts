import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "../../types/token-bucket.ts";
import { VirtualClock } from "../memory/virtual-clock.ts";
import { DEFAULT_PEER_LIMITS, peerLimits } from "./limits.ts";
import { settleDuplicate } from "./links/settle-duplicate.ts";
import { RefusalLog } from "./refusal-log.ts";

describe("limits", () => {
  it("allow one address as many handshakes as links, never more than all together", () => {
    expect(peerLimits()).toEqual(DEFAULT_PEER_LIMITS);
    expect(peerLimits({ maxPerIp: 2 }).maxPendingPerIp).toBe(8);
    expect(peerLimits({ maxPerIp: 50 }).maxPendingPerIp).toBe(50);
    expect(peerLimits({ maxPerIp: 500 }).maxPendingPerIp).toBe(256);
    expect(peerLimits({ maxPerIp: 50, maxPendingPerIp: 3 }).maxPendingPerIp).toBe(3);
    expect(peerLimits({ maxPerIp: 64 }).maxHandshakesPerSecPerIp).toBe(64);
  });
});

describe("token bucket", () => {
  it("never lets more through over any time than its burst, its rate and one frame of debt", () => {
    const take = fc.record({ cost: fc.integer({ min: 1, max: 500 }), pauseMs: fc.nat(300) });
    fc.assert(
      fc.property(fc.array(take, { maxLength: 100 }), (takes) => {
        const bucket = new TokenBucket(1_000, 2_000, 0);
        let [nowMs, through] = [0, 0];
        for (const { cost, pauseMs } of takes) {
          nowMs += pauseMs;
          const waitMs = bucket.take(cost, nowMs);
          through += cost;
          expect(through).toBeLessThanOrEqual(2_000 + nowMs + cost);
          nowMs += waitMs;
        }
      }),
    );
  });

  it("asks for no wait within the burst, and for exactly the debt beyond it", () => {
    const bucket = new TokenBucket(1_000, 2_000, 0);
    expect(bucket.take(2_000, 0)).toBe(0);
    expect(bucket.take(500, 0)).toBe(500);
    expect(bucket.take(1, 501)).toBe(0);
  });
});

describe("two links to one peer", () => {
  // Each side sees the other's dial as inbound; both must reach the same end.
  it.each([true, false])(
    "end the same on both sides when both dialled (lower first: %s)",
    (first) => {
      const lower = settleDuplicate(
        { outbound: first },
        { outbound: !first, sameSession: true },
        true,
      );
      const higher = settleDuplicate(
        { outbound: !first },
        { outbound: first, sameSession: true },
        false,
      );
      expect(lower).toBe(higher);
      // What stands is the link that the lower id dialled.
      expect(lower).toBe(first ? "refuse" : "swap");
    },
  );

  it("make way for the new one where the same side dialled again, or the peer was restarted", () => {
    for (const lower of [true, false]) {
      for (const outbound of [true, false]) {
        const again = { outbound, sameSession: true };
        const restarted = { outbound: !outbound, sameSession: false };
        expect(settleDuplicate({ outbound }, again, lower)).toBe("replace");
        expect(settleDuplicate({ outbound }, restarted, lower)).toBe("replace");
      }
    }
  });
});

describe("refusal log", () => {
  it("writes a few lines for each reason in each window, and says how many it left out", () => {
    const clock = new VirtualClock();
    const lines: object[] = [];
    const none = () => {};
    const warn = (fields: object) => lines.push(fields);
    const log = new RefusalLog({ debug: none, info: none, warn, error: none }, clock);
    for (let i = 0; i < 1_000; i++) log.warn("PEER_MALFORMED", { ip: "10.0.0.1" }, "refused");
    log.warn("PEER_BANNED", {}, "refused");
    expect(lines).toHaveLength(11);
    clock.advance(10_000);
    log.warn("PEER_MALFORMED", {}, "refused");
    expect(lines.at(-1)).toEqual({ code: "PEER_MALFORMED", omittedLines: 990 });
  });
});
