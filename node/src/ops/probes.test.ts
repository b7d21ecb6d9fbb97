import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeStatus } from "../../test/fake-status.ts";
import { caughtUp, freshWithinMs, ready, reserveOf, safeToStop } from "./probes.ts";
import { NodeStatusSchema } from "./status-schema.ts";

const keyOf = (n: number): string => n.toString(16).padStart(64, "0");

/** A validator's status at `nowMs` 0, of `total` validators of which `signing` (itself first) sign. */
const among = (total: number, signing: number) =>
  fakeStatus({
    lastCommitAtMs: 0,
    validators: {
      count: total,
      total,
      quorum: Math.floor((2 * total) / 3) + 1,
      signedRecently: Array.from({ length: signing }, (_, n) => keyOf(n)),
      signedRecentlyPower: signing,
      ejected: [],
    },
    self: { ...fakeStatus().self, publicKey: keyOf(0), validator: true, power: 1 },
  });

describe("safeToStop", () => {
  it("needs a quorum of the others below 7 validators", () => {
    expect(safeToStop(among(4, 4), 0).ok).toBe(true);
    expect(safeToStop(among(4, 3), 0)).toEqual({
      ok: false,
      reason: "without it 2 of 4 power sign, and 3 are needed (quorum 3, reserve 0)",
    });
    expect(safeToStop(among(6, 6), 0).ok).toBe(true);
    expect(safeToStop(among(6, 5), 0).ok).toBe(false);
  });

  it("keeps one more in reserve from 7 on", () => {
    expect(safeToStop(among(7, 7), 0).ok).toBe(true);
    expect(safeToStop(among(7, 6), 0).ok).toBe(false);
    expect(safeToStop(among(10, 9), 0).ok).toBe(true);
  });

  it("never lets a network of 1 to 3 stop a member", () => {
    for (const n of [1, 2, 3]) expect(safeToStop(among(n, n), 0).ok).toBe(false);
  });

  it("lets a member go that does not sign itself, when the others suffice", () => {
    const status = among(4, 3);
    const self = { ...status.self, publicKey: keyOf(3) };
    expect(safeToStop({ ...status, self }, 0).ok).toBe(true);
  });

  it("lets a node without a vote go at any time", () => {
    expect(safeToStop(fakeStatus({ lastCommitAtMs: null }), 0).ok).toBe(true);
  });

  it("trusts no old certificate", () => {
    const status = among(4, 4);
    expect(safeToStop(status, freshWithinMs(status)).ok).toBe(true);
    expect(safeToStop(status, freshWithinMs(status) + 1).reason).toContain("cannot tell who signs");
    expect(safeToStop({ ...status, lastCommitAtMs: null }, 0).ok).toBe(false);
  });

  it("never allows a stop that leaves less than a quorum signing", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), fc.nat(256), (total, signing) => {
        const present = Math.min(total, signing);
        const { ok } = safeToStop(among(total, present), 0);
        const left = Math.max(0, present - 1);
        expect(ok).toBe(left >= Math.floor((2 * total) / 3) + 1 + reserveOf(total));
      }),
    );
  });
});

describe("ready", () => {
  it("is not ready while it joins by snapshot, and says what it does", () => {
    const sync = { joining: "3 of 9 chunks", state: "caughtUp", targetHeight: 0 } as const;
    const verdict = { ok: false, reason: "joining by snapshot: 3 of 9 chunks" };
    expect(caughtUp(fakeStatus({ sync }))).toEqual(verdict);
    expect(ready(true, fakeStatus({ sync }))).toEqual(verdict);
  });

  it("is serving and caught up, without a word about the quorum", () => {
    const stalled = fakeStatus({ lastCommitAtMs: null });
    expect(ready(true, stalled).ok).toBe(true);
    expect(ready(false, stalled).ok).toBe(false);
    expect(ready(true, fakeStatus({ draining: true })).ok).toBe(false);
    const self = { ...fakeStatus().self, notSigning: "its sign state is lost" };
    expect(ready(true, fakeStatus({ self }))).toEqual({
      ok: true,
      reason: "at height 5; signs nothing: its sign state is lost",
    });
    const behind = fakeStatus({ sync: { joining: null, state: "catchingUp", targetHeight: 9 } });
    expect(ready(true, behind)).toEqual({ ok: false, reason: "at height 5 of 9" });
  });
});

describe("caughtUp", () => {
  it("is not claimed before peers were asked", () => {
    expect(
      caughtUp(fakeStatus({ sync: { joining: null, state: "starting", targetHeight: 0 } })).ok,
    ).toBe(false);
  });
});

describe("NodeStatusSchema", () => {
  it("drops fields of later versions and refuses missing ones", () => {
    const status = fakeStatus();
    expect(NodeStatusSchema.parse({ ...status, later: 1 })).toEqual(status);
    const { height: _height, ...rest } = status;
    expect(NodeStatusSchema.safeParse(rest).success).toBe(false);
  });
});
