import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../test/driver-network.ts";
import { judgeClock, medianOffsetMs } from "./clock-guard.ts";

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
    [249, "good"],
    [-250, "warn"],
    [499, "warn"],
    [500, "off"],
    [-500, "off"],
  ] as const)("of %i ms with a precision of 500 ms says %s", (offsetMs, verdict) => {
    expect(judgeClock(offsetMs, 500)).toBe(verdict);
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
    expect(node.node.driver.signing.refusal).toContain("700 ms off");
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
