import { describe, expect, it } from "vitest";
import { Candidate, LeaseServer, Weather } from "../../test/kube-election.ts";
import { VirtualClock } from "../../test/kube-virtual-clock.ts";
import type { Clock } from "./clock.ts";

const MINUTE_MS = 60_000;

describe("LeaderElector", () => {
  it("leads alone, renews every two seconds, in times of six digits", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer(clock);
    const one = new Candidate("one", server, { clock });
    await clock.advance(2_100);
    expect(one.log).toEqual(["started"]);
    expect(server.lease?.spec).toEqual({
      holderIdentity: "one",
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:00:00.001000Z",
      renewTime: expect.stringMatching(/^2026-01-01T00:00:02\.\d{3}000Z$/),
      leaseTransitions: 0,
    });
    one.stop();
    await clock.advance(MINUTE_MS);
  });

  it("hands over at once on release", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer(clock);
    const one = new Candidate("one", server, { clock });
    await clock.advance(5_000);
    const two = new Candidate("two", server, { clock });
    await clock.advance(5_000);
    expect(two.elector.isLeader()).toBe(false);
    expect(two.elector.holder()).toBe("one");
    one.stop();
    await clock.advance(3_000);
    expect(await one.done).toBe("released");
    expect(one.log).toEqual(["started"]);
    expect(two.elector.isLeader()).toBe(true);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: "two", leaseTransitions: 1 });
    two.stop();
    await clock.advance(MINUTE_MS);
  });

  it("releases though a renewal that the stop cut short arrives meanwhile", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer(clock);
    const one = new Candidate("one", server, { clock });
    await clock.advance(5_000);
    one.stop();
    // The record has been read and its release is under way.
    await clock.advance(2);
    server.lateRenewal();
    await clock.advance(1_000);
    expect(await one.done).toBe("released");
    expect(server.lease?.spec).not.toHaveProperty("holderIdentity");
  });

  it("loses leadership ten seconds after its last renewal, and only later does another take it", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer(clock);
    const one = new Candidate("one", server, { clock });
    const two = new Candidate("two", server, { clock });
    await clock.advance(10_000);
    const [leader, other] = one.elector.isLeader() ? [one, two] : [two, one];
    leader.weather.cut = true;
    const cutAtMs = clock.monotonicMs();
    let lostAtMs = 0;
    let tookAtMs = 0;
    await clock.advance(MINUTE_MS, () => {
      if (lostAtMs === 0 && leader.log.includes("lost")) lostAtMs = clock.monotonicMs();
      if (tookAtMs === 0 && other.elector.isLeader()) tookAtMs = clock.monotonicMs();
    });
    expect(await leader.done).toBe("lost");
    expect(lostAtMs - cutAtMs).toBeLessThanOrEqual(10_000);
    expect(tookAtMs - cutAtMs).toBeGreaterThanOrEqual(13_000);
    expect(tookAtMs - cutAtMs).toBeLessThanOrEqual(20_000);
    other.stop();
    await clock.advance(MINUTE_MS);
  });

  it("outlives a deleted Lease: its leader makes it again, and nobody else before a full lease", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer(clock);
    const one = new Candidate("one", server, { clock });
    await clock.advance(5_000);
    const two = new Candidate("two", server, { clock });
    await clock.advance(5_000);
    server.lease = undefined;
    await clock.advance(3_000);
    expect(server.lease).toMatchObject({ spec: { holderIdentity: "one" } });
    one.weather.cut = true;
    server.lease = undefined;
    await clock.advance(14_000);
    expect(two.elector.isLeader()).toBe(false);
    expect(one.log).toEqual(["started", "lost"]);
    await clock.advance(6_000);
    expect(two.elector.isLeader()).toBe(true);
    two.stop();
    await clock.advance(MINUTE_MS);
  });

  it("counts its ten seconds from when a renewal was sent, not from when it was answered", async () => {
    const clock = new VirtualClock();
    const slow = { delayMs: 2_400, fate: "arrives" } as const;
    const weather = new Weather([{ delayMs: 1, fate: "arrives" }, slow]);
    const one = new Candidate("one", new LeaseServer(clock), { clock, weather });
    await clock.advance(4_900);
    expect(one.elector.isLeader()).toBe(true);
    weather.cut = true;
    await clock.advance(5_200);
    expect(one.elector.isLeader()).toBe(false);
    one.stop();
    await clock.advance(MINUTE_MS);
  });

  it("does not trust a released record once the Lease is deleted", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer(clock);
    const one = new Candidate("one", server, { clock });
    await clock.advance(5_000);
    const arrives = { delayMs: 1, fate: "arrives" } as const;
    const good = Array.from({ length: 1_000 }, () => arrives);
    const weather = new Weather([arrives, { delayMs: 1, fate: "refused" }, ...good]);
    one.stop();
    await clock.advance(100);
    const two = new Candidate("two", server, { clock, weather });
    await clock.advance(100);
    weather.cut = true;
    const three = new Candidate("three", server, { clock });
    await clock.advance(5_000);
    expect([two.elector.holder(), three.elector.isLeader()]).toEqual(["", true]);
    three.weather.cut = true;
    server.lease = undefined;
    weather.cut = false;
    await clock.advance(MINUTE_MS, () => {
      expect([two, three].filter(({ elector }) => elector.isLeader()).length).toBeLessThanOrEqual(
        1,
      );
    });
    two.stop();
    await clock.advance(MINUTE_MS);
  });

  it("yields at once where another holds the lease, whatever time is left", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer(clock);
    const one = new Candidate("one", server, { clock });
    await clock.advance(5_000);
    const lease = server.lease;
    if (lease === undefined) throw new Error("no lease");
    const metadata = { ...lease.metadata, resourceVersion: "usurped" };
    server.lease = { ...lease, metadata, spec: { ...lease.spec, holderIdentity: "usurper" } };
    await clock.advance(2_100);
    expect(one.log).toEqual(["started", "lost"]);
    expect(await one.done).toBe("lost");
  });

  it("does not count itself leader after a pause longer than the deadline", async () => {
    const clock = new VirtualClock();
    let pausedMs = 0;
    const paused: Clock = {
      monotonicMs: () => clock.monotonicMs() + pausedMs,
      epochMs: () => clock.epochMs(),
      after: (delayMs, callback) => clock.after(delayMs, callback),
    };
    const one = new Candidate("one", new LeaseServer(clock), { clock: paused });
    await clock.advance(3_000);
    expect(one.elector.isLeader()).toBe(true);
    pausedMs = 10_000;
    expect(one.elector.isLeader()).toBe(false);
    one.stop();
    await clock.advance(MINUTE_MS);
  });

  it("ignores the timestamps in a record: a holder with a wrong clock keeps its lease", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer(clock);
    const yesterday: Clock = {
      monotonicMs: () => clock.monotonicMs(),
      epochMs: () => clock.epochMs() - 86_400_000,
      after: (delayMs, callback) => clock.after(delayMs, callback),
    };
    const one = new Candidate("one", server, { clock: yesterday });
    await clock.advance(1_000);
    const two = new Candidate("two", server, { clock });
    await clock.advance(5 * MINUTE_MS);
    expect([one.elector.isLeader(), two.elector.isLeader()]).toEqual([true, false]);
    for (const candidate of [one, two]) candidate.stop();
    await clock.advance(MINUTE_MS);
  });
});
