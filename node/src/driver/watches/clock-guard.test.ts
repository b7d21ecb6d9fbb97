import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { PeerBook } from "../peers/peer-book.ts";
import {
  ClockGuard,
  judgeClock,
  medianOffsetMs,
  othersNeeded,
  provenOffsetMs,
} from "./clock-guard.ts";

const of = (...offsets: readonly number[]) => offsets.map((offsetMs) => ({ power: 1, offsetMs }));

describe("medianOffsetMs", () => {
  it("is the middle value, and of two the one nearer to 0", () => {
    expect(medianOffsetMs(of(300, 0, 280), 3)).toBe(280);
    expect(medianOffsetMs(of(0, -400, 10, -390), 3)).toBe(0);
    expect(medianOffsetMs(of(0), 1)).toBe(0);
  });

  it("weighs by power", () => {
    const heavy = { power: 5, offsetMs: -700 };
    expect(medianOffsetMs([...of(0, 0, 0), heavy], 3)).toBe(-700);
  });

  it("gives no verdict below the power that it needs", () => {
    expect(medianOffsetMs(of(0, 9_000), 3)).toBeUndefined();
    expect(medianOffsetMs([], 0)).toBeUndefined();
  });

  it("cannot be moved beyond the honest clocks by f liars among at least 2f + 1", () => {
    const offset = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(fc.array(offset, { maxLength: 10 }), fc.array(offset), (liars, honest) => {
        fc.pre(honest.length > liars.length);
        const median = medianOffsetMs(of(...liars, ...honest), 2 * liars.length + 1) ?? Number.NaN;
        expect(median).toBeGreaterThanOrEqual(Math.min(...honest));
        expect(median).toBeLessThanOrEqual(Math.max(...honest));
      }),
    );
  });

  it("does not depend on the order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (offsets) => {
        const turned = of(...offsets.toReversed());
        expect(medianOffsetMs(turned, 1)).toBe(medianOffsetMs(of(...offsets), 1));
      }),
    );
  });
});

describe("judgeClock", () => {
  it.each([
    [250, "good"],
    [-251, "warn"],
    [500, "warn"],
    [501, "off"],
    [-501, "off"],
  ] as const)("of %i ms with a precision of 500 ms says %s", (offsetMs, verdict) => {
    expect(judgeClock(offsetMs, 500)).toBe(verdict);
  });
});

describe("provenOffsetMs", () => {
  it("is what half the round trip does not explain, on the same side", () => {
    expect(provenOffsetMs(700, 4)).toBe(698);
    expect(provenOffsetMs(-700, 1_000)).toBe(-200);
    expect(provenOffsetMs(549, 1_102)).toBe(0);
    expect(provenOffsetMs(-549, 1_102)).toBe(0);
  });
});

describe("the verdict on a clock", () => {
  const PRECISION_MS = 500;
  const ms = (most: number) => fc.integer({ min: 0, max: most });
  /** A clock `offMs` ahead of ours behind a link that takes so long there and back. */
  const link = fc.record({ thereMs: ms(2_500), backMs: ms(2_500) });
  type Link = typeof link extends fc.Arbitrary<infer T> ? T : never;

  /** What its pong shows: the clock was read as the ping arrived. */
  const heardOf = (offMs: number, { thereMs, backMs }: Link): number =>
    provenOffsetMs(offMs + thereMs - (thereMs + backMs) / 2, thereMs + backMs);
  const lies = (most: number) =>
    fc.array(fc.integer({ min: -10_000_000, max: 10_000_000 }), { maxLength: most });
  const links = fc.array(link, { minLength: 1, maxLength: 12 });

  it("never stops a clock within the precision of the honest ones, whatever delays and f liars", () => {
    const off = fc.integer({ min: -PRECISION_MS, max: PRECISION_MS });
    const honest = fc.array(fc.record({ off, link }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(honest, lies(12), (heard, liars) => {
        fc.pre(liars.length <= heard.length);
        const shown = heard.map((one) => heardOf(one.off, one.link));
        const median = medianOffsetMs(of(...shown, ...liars), 2 * liars.length);
        expect(judgeClock(median ?? Number.NaN, PRECISION_MS)).not.toBe("off");
      }),
      { numRuns: 2_000 },
    );
  });

  it("finds one further off than precision and round trip, where more are honest than lie", () => {
    fc.assert(
      fc.property(links, lies(11), ms(100_000), fc.boolean(), (there, liars, moreMs, isAhead) => {
        fc.pre(liars.length < there.length);
        const shown = there.map((one) => {
          const offMs = PRECISION_MS + one.thereMs + one.backMs + 1 + moreMs;
          return heardOf(isAhead ? offMs : -offMs, one);
        });
        const median = medianOffsetMs(of(...shown, ...liars), 1) ?? 0;
        expect(judgeClock(median, PRECISION_MS)).toBe("off");
        expect(median > 0).toBe(isAhead);
      }),
      { numRuns: 2_000 },
    );
  });

  it("needs twice the power that may lie, and more than the own", () => {
    const needed = (n: number) => othersNeeded(n, 1);
    expect([1, 2, 3, 4, 6, 7, 10, 100].map(needed)).toEqual([2, 2, 2, 2, 2, 4, 6, 66]);
    expect(othersNeeded(40, 10)).toBe(26);
    expect(othersNeeded(1, 0)).toBe(1);
  });
});

/** A guard of validator 0 of four, with links to the three others, and what it says to the hold. */
function guardOfFour() {
  const network = new DriverNetwork();
  const { set } = network;
  const clock = new VirtualClock();
  const peers = new PeerBook(set);
  const pauses: (string | undefined)[] = [];
  const said = (): void => undefined;
  const guard = new ClockGuard({
    clock,
    peers,
    hold: { pause: (reason) => pauses.push(reason) },
    metrics: new RecordedMetrics(),
    log: { debug: said, info: said, warn: said, error: said },
    precisionMs: 500,
    voters: () => ({ validators: set, self: 0 }),
  });
  for (const [i, { nodeKey }] of set.entries()) {
    if (i === 0) continue;
    const shape = { address: "", outbound: true, connectedAtMs: 0, version: 2 };
    peers.connected({ id: `p${i}`, nodeKey, role: "validator", ...shape });
  }
  const heard = (index: number, offMs: number, roundTripMs = 10) =>
    guard.heard(`p${index}`, roundTripMs, clock.nowMs() - roundTripMs / 2 + offMs);
  return { clock, guard, heard, pauses };
}

describe("the guard of one of four", () => {
  it("finds the own clock off though one of the three others agrees with it", () => {
    const { guard, heard, pauses } = guardOfFour();
    heard(1, 0);
    heard(2, 900);
    expect(guard.offsetMs).toBe(0);
    heard(3, 950);
    expect(guard.offsetMs).toBe(895);
    expect(pauses.at(-1)).toContain("at least 895 ms off");
  });

  it("says nothing with one other, and goes by two where the third is silent", () => {
    const { guard, heard, pauses } = guardOfFour();
    heard(1, 900);
    expect(guard.offsetMs).toBeUndefined();
    heard(2, 900);
    expect(guard.offsetMs).toBe(895);
    guard.disconnected("p1");
    guard.check();
    expect(guard.offsetMs).toBeUndefined();
    expect(pauses.at(-1)).toBeUndefined();
  });

  it("goes by the quickest of the last four answers of each", () => {
    const { guard, heard } = guardOfFour();
    for (const index of [1, 2, 3]) heard(index, 800, 10);
    for (let i = 0; i < 3; i++) for (const index of [1, 2, 3]) heard(index, 0, 2_000);
    expect(guard.offsetMs).toBe(795);
    for (const index of [1, 2, 3]) heard(index, 0, 2_000);
    expect(guard.offsetMs).toBe(0);
  });

  it("forgets an answer that is more than 30 s old", () => {
    const { clock, guard, heard, pauses } = guardOfFour();
    for (const index of [1, 2, 3]) heard(index, 800);
    clock.advance(30_000);
    guard.check();
    expect(guard.offsetMs).toBe(795);
    clock.advance(1);
    guard.check();
    expect(guard.offsetMs).toBeUndefined();
    expect(pauses.at(-1)).toBeUndefined();
  });
});

describe("clocks over links that are slow one way", () => {
  /** Seven validators; frames of three of them take `slowMs`, all others 2 ms. */
  function lopsided(slowMs: number, precisionMs: number): DriverNetwork {
    const slow = new Set<string>();
    const network: DriverNetwork = new DriverNetwork({
      validators: 7,
      parameters: { precisionMs, emptyBlockIntervalMs: 1_000 },
      delayMs: (from) => (slow.has(from) ? slowMs : 2),
    });
    for (const { options } of network.nodes.slice(0, 3)) slow.add(options.id);
    network.start();
    return network;
  }
  const signersSince = (network: DriverNetwork, from: number): ReadonlySet<string> =>
    new Set(network.signed.slice(from).map((place) => place.split("/")[0] ?? ""));

  it.each([
    [1_100, 500],
    [520, 250],
  ])("%i ms there and none back, precision %i ms: exact clocks sign", (slowMs, precisionMs) => {
    const network = lopsided(slowMs, precisionMs);
    network.run(60_000);
    const from = network.signed.length;
    const { height } = network.at(6);
    network.untilHeight(height + 14, network.at(6));
    expect(signersSince(network, from).size).toBe(7);
    for (const { log } of network.nodes) {
      expect(log.filter(({ message }) => message.includes("clock"))).toEqual([]);
    }
    network.checkSafety();
  });

  it.each([
    ["behind a slow link", 0],
    ["behind a quick one", 6],
  ])("a clock that is truly off is still found %s", (_, index) => {
    const network = lopsided(1_100, 500);
    network.run(10_000);
    const node = network.at(index);
    // The precision and the longest round trip.
    node.skewMs = 500 + 2_200 + 100;
    network.run(25_000);
    expect(node.node.driver.signing.refusal).toContain("ms off the median");
    const from = network.signed.length;
    network.untilHeight(network.at(5).height + 5, network.at(5));
    expect(signersSince(network, from).has(node.name)).toBe(false);
    network.checkSafety();
  });
});

describe("a validator whose clock is off", () => {
  const said = (network: DriverNetwork): readonly string[] =>
    network
      .at(3)
      .log.filter(({ message }) => message.includes("clock"))
      .map(({ message }) => message);

  function skewed(byMs: number): DriverNetwork {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(3);
    network.at(3).skewMs = byMs;
    network.run(12_000);
    return network;
  }

  it("stops signing, says so once, and goes on when it is set right", () => {
    const network = skewed(700);
    const node = network.at(3);
    const from = network.signed.length;
    network.untilHeight(node.height + 20);
    const signs = (): boolean =>
      network.signed.slice(from).some((place) => place.startsWith("v3/"));
    expect(signs()).toBe(false);
    expect(node.node.driver.signing.clockOffsetMs).toBeCloseTo(-700, -1);
    expect(node.node.driver.signing.refusal).toContain("698 ms off");
    expect(node.metrics.value("clock_offset_seconds")).toBeCloseTo(-0.7, 1);
    expect(said(network)).toEqual(["the clock is off: not signing until it is set right"]);
    node.skewMs = 0;
    network.until("it signs again", signs);
    expect(said(network).at(-1)).toBe("the clock is good again");
    network.checkSafety();
  });

  it("only warns from half the precision on", () => {
    const network = skewed(-300);
    const from = network.signed.length;
    network.untilHeight(network.at(3).height + 5);
    expect(network.signed.slice(from).some((place) => place.startsWith("v3/"))).toBe(true);
    expect(said(network)).toEqual(["the clock is near the limit: set it right"]);
    network.checkSafety();
  });

  it("does not stop the others, and one liar stops nobody", () => {
    const network = skewed(86_400_000);
    const height = network.at(0).height;
    network.untilHeight(height + 10, network.at(0), network.at(1), network.at(2));
    for (const node of network.nodes.slice(0, 3)) {
      expect(node.node.driver.signing.refusal).toBeUndefined();
      expect(Math.abs(node.node.driver.signing.clockOffsetMs ?? 1_000)).toBeLessThan(10);
    }
    network.checkSafety();
  });

  it("holds the chain where it is one of too many, which then goes on", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(3);
    const [a, b] = [network.at(2), network.at(3)];
    network.run(6_000);
    a.skewMs = 60_000;
    b.skewMs = -60_000;
    network.run(20_000);
    const { height } = network.at(0);
    network.run(5_000);
    expect(network.at(0).height).toBe(height);
    for (const node of [a, b]) node.skewMs = 0;
    network.untilHeight(height + 5);
    network.checkSafety();
  });
});
