// How long proposals take: what liars cannot do to it, how it rises and how it falls again.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { toHex } from "../../codec/hex.ts";
import { faultyPower, quorumPower } from "../../crypto/certificate.ts";
import type { Validator } from "../../types/chain.ts";
import { ProposalTimes } from "./proposal-times.ts";
import { Timing } from "./timing.ts";

const FLOOR = { proposeMs: 300, voteMs: 100 };

const setOf = (count: number): Validator[] =>
  Array.from({ length: count }, (_, i) => {
    const key = new Uint8Array(32).fill(i + 1);
    return { publicKey: key, nodeKey: key, power: 1 };
  });

const keyOf = (index: number): Uint8Array => new Uint8Array(32).fill(index + 1);
const nameOf = (index: number): string => toHex(keyOf(index));

/** X for validator 0 after validator `i` has proposed once, in `timesMs[i]`. */
function quorumOf(timesMs: readonly number[]): number {
  const times = new ProposalTimes();
  for (const [i, ms] of timesMs.entries()) {
    const place = { height: i + 1, round: 0 };
    times.entered(place, nameOf(i), 0);
    times.arrived(place, nameOf(i), ms);
  }
  return times.quorumMs(setOf(timesMs.length), 0);
}

describe("ProposalTimes", () => {
  it("is what a quorum of leaders takes, this one and those that have not led at 0", () => {
    expect(quorumOf([9_000, 10, 20, 30])).toBe(20);
    const times = new ProposalTimes();
    times.entered({ height: 1, round: 0 }, nameOf(1), 100);
    times.arrived({ height: 1, round: 0 }, nameOf(1), 4_100);
    expect(times.quorumMs(setOf(4), 0)).toBe(0);
    times.entered({ height: 2, round: 0 }, nameOf(2), 5_000);
    times.arrived({ height: 2, round: 0 }, nameOf(2), 8_000);
    expect(times.quorumMs(setOf(4), 0)).toBe(3_000);
    // Without a fault to bear, the slowest one counts.
    expect(times.quorumMs(setOf(3), 0)).toBe(4_000);
  });

  it("stays among the honest times, whatever f leaders do", () => {
    const world = fc.integer({ min: 4, max: 31 }).chain((count) => {
      const liars = faultyPower(count);
      return fc.record({
        honest: fc.array(fc.nat(5_000), {
          minLength: count - liars - 1,
          maxLength: count - liars - 1,
        }),
        lies: fc.array(fc.constantFrom(0, 1e9), { minLength: liars, maxLength: liars }),
      });
    });
    fc.assert(
      fc.property(world, ({ honest, lies }) => {
        const quorumMs = quorumOf([0, ...lies, ...honest]);
        const sorted = [0, ...honest].toSorted((a, b) => a - b);
        const quorum = quorumPower(sorted.length + lies.length);
        expect(quorumMs).toBeLessThanOrEqual(sorted.at(-1) ?? 0);
        expect(quorumMs).toBeGreaterThanOrEqual(sorted[quorum - lies.length - 1] ?? Infinity);
      }),
    );
  });

  it("measures what comes after other rounds and heights have begun, and only once", () => {
    const times = new ProposalTimes();
    const first = { height: 5, round: 0 };
    times.entered(first, nameOf(1), 0);
    times.entered({ height: 5, round: 1 }, nameOf(2), 1_000);
    times.entered({ height: 6, round: 0 }, nameOf(3), 2_000);
    expect(times.isOpen(first, nameOf(1))).toBe(true);
    // Not by anybody else: only the round's leader is waited for.
    expect(times.isOpen(first, nameOf(2))).toBe(false);
    times.arrived(first, nameOf(2), 2_500);
    times.arrived(first, nameOf(1), 4_000);
    times.arrived(first, nameOf(1), 9_000);
    expect(times.isOpen(first, nameOf(1))).toBe(false);
    times.arrived({ height: 5, round: 1 }, nameOf(2), 4_000);
    expect(times.quorumMs(setOf(4), 0)).toBe(3_000);
    // Of a round that was never entered nothing is known.
    times.arrived({ height: 4, round: 7 }, nameOf(3), 9_000);
    expect(times.quorumMs(setOf(3), undefined)).toBe(4_000);
  });

  it("takes a proposal that came before its round as not waited for, once", () => {
    const times = new ProposalTimes();
    times.entered({ height: 1, round: 0 }, nameOf(0), 0);
    const next = { height: 1, round: 1 };
    times.arrived(next, nameOf(1), 10);
    times.entered(next, nameOf(1), 50);
    expect(times.isOpen(next, nameOf(1))).toBe(false);
    times.arrived(next, nameOf(1), 5_000);
    expect(times.quorumMs(setOf(2), 0)).toBe(0);
  });

  it("takes of a height the slowest proposal of its leader", () => {
    const times = new ProposalTimes();
    for (const [round, ms] of [4_000, 500, 900].entries()) {
      times.entered({ height: 1, round }, nameOf(1), 0);
      times.arrived({ height: 1, round }, nameOf(1), ms);
    }
    expect(times.quorumMs(setOf(2), 0)).toBe(4_000);
  });
});

/** Heights led in turn by each of `count`; `delayMs` says when the leader's proposal comes, given T. */
function lead(
  count: number,
  heights: number,
  delayMs: (leader: number, proposeMs: number, height: number) => number,
): readonly number[] {
  const clock = new VirtualClock();
  const timing = new Timing({
    clock,
    adaptive: true,
    floor: FLOOR,
    metrics: new RecordedMetrics(),
  });
  const set = setOf(count);
  return Array.from({ length: heights }, (_, height) => {
    const { proposeMs } = timing.timeouts(set, 0, []);
    const leader = height % count;
    const place = { height: height + 1, round: 0 };
    timing.entered(place, keyOf(leader));
    clock.advance(delayMs(leader, proposeMs, height));
    timing.proposalCame(place, keyOf(leader));
    return proposeMs;
  });
}

describe("T_propose", () => {
  it("is not ratcheted up by f leaders that propose at the last moment, or too late", () => {
    const world = fc.integer({ min: 4, max: 31 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        honestMs: fc.array(fc.nat(2_000), { minLength: count, maxLength: count }),
        late: fc.constantFrom(0.99, 1, 1.3),
        first: fc.nat(count - 1),
      }),
    );
    fc.assert(
      fc.property(world, ({ count, honestMs, late, first }) => {
        const isLiar = (leader: number) => (leader - first + count) % count < faultyPower(count);
        const waits = lead(count, 12 * count, (leader, proposeMs) =>
          isLiar(leader) ? late * proposeMs : (honestMs[leader] ?? 0),
        );
        const slowest = Math.max(...honestMs.filter((_, leader) => !isLiar(leader)));
        const most = Math.max(FLOOR.proposeMs, Math.round(1.25 * slowest));
        expect(Math.max(...waits)).toBeLessThanOrEqual(most);
      }),
      { numRuns: 100 },
    );
  });

  it("follows large blocks once f + 1 leaders have been slow, and small ones within 2 n heights", () => {
    const count = 7;
    const large = 3 * count;
    const waits = lead(count, large + 3 * count, (_leader, _proposeMs, height) =>
      height < large ? 4_000 : 20,
    );
    // Validator 0, which measures, leads the first; three others have to be slow.
    expect(waits.slice(0, 4)).toEqual([300, 300, 300, 300]);
    expect(waits.slice(4, large + count)).toEqual(Array(large + count - 4).fill(5_000));
    expect(waits.slice(large + 2 * count)).toEqual(Array(count).fill(300));
  });
});
