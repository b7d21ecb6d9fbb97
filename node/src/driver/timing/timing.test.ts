// Measured timeouts: what the quantile promises against liars, and whole nodes on slow links.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { toHex } from "../../codec/hex.ts";
import { faultyPower, quorumPower } from "../../crypto/certificate.ts";
import { PeerBook } from "../peers/peer-book.ts";
import { quorumDelayMs } from "./quorum-delay.ts";
import { delayTo, Timing, timeoutsFor } from "./timing.ts";

const FLOOR = { proposeMs: 300, voteMs: 100 };

describe("quorumDelayMs", () => {
  it("is the delay within which a quorum answers", () => {
    const samples = [0, 40, 10, 90].map((delayMs) => ({ power: 1, delayMs }));
    expect(quorumDelayMs(samples, 3)).toBe(40);
    expect(quorumDelayMs(samples, 4)).toBe(90);
    expect(quorumDelayMs([{ power: 3, delayMs: 7 }, ...samples], 5)).toBe(10);
  });

  it("is not known below a quorum of measured validators", () => {
    const samples = [0, 40, Infinity, Infinity].map((delayMs) => ({ power: 1, delayMs }));
    expect(quorumDelayMs(samples, 3)).toBeUndefined();
    expect(quorumDelayMs([], 1)).toBeUndefined();
  });

  it("stays among the honest delays, whatever f liars claim", () => {
    const world = fc.integer({ min: 1, max: 31 }).chain((count) =>
      fc.record({
        delays: fc.array(fc.nat(5_000), { minLength: count, maxLength: count }),
        lies: fc.array(fc.constantFrom(0, 1e9, Infinity), {
          minLength: faultyPower(count),
          maxLength: faultyPower(count),
        }),
      }),
    );
    fc.assert(
      fc.property(world, ({ delays, lies }) => {
        const quorum = quorumPower(delays.length);
        const honest = delays.slice(lies.length).toSorted((a, b) => a - b);
        const samples = [...lies, ...honest].map((delayMs) => ({ power: 1, delayMs }));
        const delayMs = quorumDelayMs(samples, quorum);
        expect(delayMs).toBeLessThanOrEqual(honest.at(-1) ?? 0);
        expect(delayMs).toBeGreaterThanOrEqual(honest[quorum - lies.length - 1] ?? Infinity);
      }),
    );
  });
});

describe("timeoutsFor", () => {
  it("gives two delays and the check to a proposal, one and a half to votes", () => {
    expect(timeoutsFor(FLOOR, 200, 50)).toEqual({ proposeMs: 450, voteMs: 300 });
  });

  it("stays between the configured values and 5 s and 3 s", () => {
    expect(timeoutsFor(FLOOR, 2, 1)).toEqual(FLOOR);
    expect(timeoutsFor(FLOOR, 60_000, 0)).toEqual({ proposeMs: 5_000, voteMs: 3_000 });
    const long = { proposeMs: 8_000, voteMs: 4_000 };
    expect(timeoutsFor(long, 60_000, 0)).toEqual(long);
  });
});

describe("delayTo", () => {
  const validatorsOf = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const key = new Uint8Array(32).fill(i + 1);
      return { publicKey: key, nodeKey: key, power: 1 };
    });

  /** D of validator 0 after each of the others has answered with these round trips. */
  function delayAfter(count: number, roundTripsMs: readonly number[]): number | undefined {
    const validators = validatorsOf(count);
    const book = new PeerBook(validators);
    for (const { nodeKey } of validators.slice(1)) {
      const id = toHex(nodeKey);
      const link = { address: id, outbound: true, connectedAtMs: 0, version: 2 };
      book.connected({ id, nodeKey, role: "validator", ...link });
      for (const [nonce, tookMs] of roundTripsMs.entries()) {
        book.pinged(id, nonce, 0);
        book.ponged(id, nonce, tookMs);
      }
    }
    return delayTo(validators, 0, book.all());
  }

  it("is half of a steady round trip", () => {
    expect(delayAfter(4, [90, 100, 100, 100, 100])).toBe(50);
  });

  it("counts the first sample for its deviation too", () => {
    expect(delayAfter(4, [100])).toBe(150);
  });

  it("does not see stragglers below half of the last nine", () => {
    expect(delayAfter(4, [100, 900, 100, 900, 100, 900, 100, 900, 100])).toBe(50);
  });

  it("believes a link that has become slow at the fifth sample", () => {
    const steady = Array<number>(9).fill(100);
    expect(delayAfter(4, [...steady, 400, 400, 400, 400])).toBe(50);
    expect(delayAfter(4, [...steady, 400, 400, 400, 400, 400])).toBeGreaterThanOrEqual(200);
  });

  it("is doubled where no fault is tolerated", () => {
    const steady = Array<number>(9).fill(100);
    expect(delayAfter(3, steady)).toBe(100);
    expect(delayAfter(4, steady)).toBe(50);
  });

  it("is unknown before a quorum has answered", () => {
    expect(delayAfter(4, [])).toBeUndefined();
  });
});

describe("Timing", () => {
  it("adds the 95th percentile of the last 100 checks", () => {
    const timing = new Timing({
      clock: new VirtualClock(),
      adaptive: true,
      floor: { proposeMs: 1, voteMs: 1 },
      metrics: new RecordedMetrics(),
    });
    const alone = [{ publicKey: new Uint8Array(32), nodeKey: new Uint8Array(32), power: 1 }];
    for (let i = 0; i < 50; i++) timing.validated(4_000);
    for (let i = 1; i <= 100; i++) timing.validated(i);
    expect(timing.timeouts(alone, 0, [])).toEqual({ proposeMs: 95, voteMs: 1 });
  });
});

describe("on slow links", () => {
  /** Rounds of the blocks from `first` on, with 400 ms one way. */
  function roundsAt400Ms(adaptive: boolean, first: number, count: number): readonly number[] {
    const network = new DriverNetwork({
      consensus: { adaptive },
      parameters: { messageDelayMs: 2_000 },
      delayMs: () => 400,
    });
    network.start();
    network.untilHeight(first + count, ...network.validators);
    network.checkSafety();
    const { commits } = network.at(0);
    return commits.slice(first - 1, first - 1 + count).map(({ certificate }) => certificate.round);
  }

  it("the timeouts find the delay, and round 0 decides from then on", () => {
    const rounds = roundsAt400Ms(true, 10, 20);
    expect(rounds.filter((round) => round > 0)).toEqual([]);
  });

  it("they stay as configured where they are frozen", () => {
    const rounds = roundsAt400Ms(false, 3, 5);
    expect(Math.min(...rounds)).toBeGreaterThan(0);
  });

  it("the gauges say what is waited for", () => {
    const network = new DriverNetwork({ delayMs: () => 200 });
    network.start();
    network.untilHeight(20, network.at(0));
    const { metrics } = network.at(0);
    const delay = metrics.value("consensus_delay_seconds");
    expect(delay).toBeGreaterThanOrEqual(0.2);
    expect(delay).toBeLessThan(0.4);
    const propose = metrics.value("consensus_timeout_seconds", { step: "propose" });
    expect(propose).toBeCloseTo(2 * delay, 2);
    const { timeouts } = network.at(0).node.driver.core.context;
    expect(timeouts?.proposeMs).toBe(Math.round(propose * 1_000));
  });
});
