import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_BAN_MS, MAX_BANS } from "../../../types/bans.ts";
import { parseIp } from "../../../types/ip-range.ts";
import { BanList } from "./ban-list.ts";

const DAY_MS = 86_400_000;
const idOf = (number: number): string => number.toString(16).padStart(40, "0");
const told = (nowMs: number) => ({ reason: "a fault", nowMs, grows: true });
const ip = (text: string): readonly number[] => parseIp(text) ?? [];

/** How long the ban of a strike at `nowMs` lasts. */
const strikeMs = (bans: BanList, baseMs: number, nowMs: number): number =>
  (bans.strike(idOf(1), baseMs, told(nowMs))?.untilMs ?? 0) - nowMs;

describe("a node's own bans", () => {
  it("last four times as long each time, up to a day, and are forgotten a day after their end", () => {
    const bans = new BanList();
    let nowMs = 0;
    const lasted: number[] = [];
    for (let i = 0; i < 8; i++) {
      const lastsMs = strikeMs(bans, 60_000, nowMs);
      lasted.push(lastsMs / 60_000);
      nowMs += lastsMs + 1_000;
    }
    expect(lasted).toEqual([1, 4, 16, 64, 256, 1024, 1440, 1440]);
    expect(strikeMs(bans, 60_000, nowMs + DAY_MS)).toBe(60_000);
  });

  it("do not grow where the driver says how long", () => {
    const bans = new BanList();
    const exact = { reason: "a wrong signature", grows: false };
    for (const nowMs of [0, 100_000, 200_000]) {
      expect(bans.strike(idOf(1), 60_000, { ...exact, nowMs })?.untilMs).toBe(nowMs + 60_000);
    }
  });

  it("never end sooner by a further strike, and never touch an operator's", () => {
    const bans = new BanList();
    bans.strike(idOf(1), 3_600_000, told(0));
    expect(bans.strike(idOf(1), 1, { ...told(10), grows: false })?.untilMs).toBe(3_600_000);
    bans.set("10.0.0.0/8", 1_000, { reason: "mine", nowMs: 0 });
    expect(bans.strike("10.0.0.0/8", 60_000, told(10))).toMatchObject({ by: "operator" });
    expect(bans.list(10)).toHaveLength(2);
    expect(bans.ofAddress(ip("10.1.2.3"), 1_000)).toBeUndefined();
  });
});

describe("operators' bans", () => {
  it("take node ids, addresses and ranges, in their one form", () => {
    const bans = new BanList();
    const targets = [idOf(15).toUpperCase(), "10.1.2.3", "10.1.2.3/24", "2001:DB8::1/64"];
    for (const target of targets) bans.set(target, 1_000, { reason: "x", nowMs: 0 });
    const shown = bans.list(0).map(({ target }) => target);
    expect(shown.toSorted()).toEqual([idOf(15), "10.1.2.0/24", "10.1.2.3", "2001:db8::/64"].sort());
    expect(bans.ofNode(idOf(15), 999)?.by).toBe("operator");
    expect(bans.ofNode(idOf(15), 1_000)).toBeUndefined();
    expect(bans.ofAddress(ip("10.1.2.200"), 0)?.target).toBe("10.1.2.0/24");
    expect(bans.ofAddress(ip("2001:db8::99"), 0)?.target).toBe("2001:db8::/64");
    expect(bans.ofAddress(ip("10.1.3.1"), 0)).toBeUndefined();
  });

  it("are refused with a code where target or duration is none", () => {
    const bans = new BanList();
    const set = (target: string, durationMs: number) => bans.set(target, durationMs, told(0));
    for (const target of ["", "host", "abc", "10.0.0.0/33", idOf(1).slice(1)]) {
      expect(set(target, 1), target).toMatchObject({ ok: false, code: "BAN_TARGET_INVALID" });
    }
    for (const durationMs of [0, -1, 1.5, NaN, Infinity, MAX_BAN_MS + 1]) {
      expect(set(idOf(1), durationMs)).toMatchObject({ ok: false, code: "BAN_DURATION_INVALID" });
    }
    expect(bans.lift("host")).toMatchObject({ ok: false, code: "BAN_TARGET_INVALID" });
    expect(bans.size).toBe(0);
  });

  it("are lifted one by one, or all at once", () => {
    const bans = new BanList();
    for (const target of ["10.0.0.1", "10.0.0.2", idOf(1)]) bans.set(target, 1_000, told(0));
    expect(bans.lift("::ffff:10.0.0.1")).toEqual({ ok: true, value: true });
    expect(bans.lift("10.0.0.1")).toEqual({ ok: true, value: false });
    expect(bans.clear(0)).toBe(2);
    expect(bans.list(0)).toEqual([]);
  });

  it("show reasons that cannot forge a log line", () => {
    const bans = new BanList();
    bans.set(idOf(1), 1_000, { reason: `a\n{"level":"error"}é${"x".repeat(999)}`, nowMs: 0 });
    expect(bans.list(0)[0]?.reason).toMatch(/^a\?[\x20-\x7e]{198}$/);
  });
});

describe("the ban list", () => {
  it("never holds more than it may, and never drops an operator's ban for another", () => {
    const strike = fc.record({
      id: fc.nat(3_000),
      byOperator: fc.boolean(),
      stepMs: fc.nat(1_000),
    });
    fc.assert(
      fc.property(fc.array(strike, { minLength: 1_500, maxLength: 2_500 }), (strikes) => {
        const bans = new BanList();
        const wanted = new Set<string>();
        let nowMs = 0;
        for (const { id, byOperator, stepMs } of strikes) {
          nowMs += stepMs;
          const target = idOf(id);
          if (!byOperator) bans.strike(target, 60_000, told(nowMs));
          else if (bans.set(target, MAX_BAN_MS, told(nowMs)).ok) wanted.add(target);
        }
        expect(bans.size).toBeLessThanOrEqual(MAX_BANS);
        for (const target of wanted) expect(bans.ofNode(target, nowMs)?.by).toBe("operator");
      }),
      { numRuns: 20 },
    );
  });

  it("refuses an operator's ban where only operators' bans stand", () => {
    const bans = new BanList();
    for (let i = 0; i < MAX_BANS; i++) bans.set(idOf(i), 1_000, told(0));
    expect(bans.set(idOf(MAX_BANS), 1_000, told(0))).toMatchObject({ code: "BANS_FULL" });
    expect(bans.strike(idOf(MAX_BANS), 1_000, told(0))).toBeUndefined();
    // Those that have ended make room.
    expect(bans.set(idOf(MAX_BANS), 1_000, told(1_000))).toMatchObject({ ok: true });
  });
});
