import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { silent } from "../../test/kube-harness.ts";
import { VirtualClock } from "../../test/kube-virtual-clock.ts";
import { type Clock, sleep } from "./clock.ts";
import { KubeError, type KubeErrorCode } from "./errors.ts";
import { LeaderElector } from "./lease.ts";
import type { KubeObject } from "./types.ts";

/** One Lease on virtual time, behind a network that delays, refuses, and loses answers. */
class LeaseServer {
  lease: KubeObject | undefined;
  readonly #clock: VirtualClock;
  #version = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** The client of one elector. */
  through(weather: Weather) {
    const call = async (act: () => KubeObject) => {
      const { delayMs, fate } = weather.next();
      await sleep(this.#clock, delayMs);
      if (fate === "refused") throw failure("Network");
      const answer = act();
      await sleep(this.#clock, delayMs);
      if (fate === "answerLost") throw failure("Timeout");
      return answer;
    };
    return {
      get: () => call(() => this.#found()),
      create: (_: unknown, lease: KubeObject) => call(() => this.#created(lease)),
      replace: (_: unknown, lease: KubeObject) => call(() => this.#replaced(lease)),
    };
  }

  #found(): KubeObject {
    if (this.lease === undefined) throw failure("NotFound");
    return this.lease;
  }

  #created(lease: KubeObject): KubeObject {
    if (this.lease !== undefined) throw failure("AlreadyExists");
    return this.#stored(lease);
  }

  #replaced(lease: KubeObject): KubeObject {
    if (this.#found().metadata.resourceVersion !== lease.metadata.resourceVersion)
      throw failure("Conflict");
    return this.#stored(lease);
  }

  #stored(lease: KubeObject): KubeObject {
    const metadata = { ...lease.metadata, uid: "lease", resourceVersion: String(++this.#version) };
    this.lease = { ...lease, metadata };
    return this.lease;
  }
}

const failure = (code: KubeErrorCode) => new KubeError({ code, message: code });

interface Passage {
  readonly delayMs: number;
  readonly fate: "arrives" | "refused" | "answerLost";
}

class Weather {
  /** What the calls meet, over and over; a cut refuses everything. */
  readonly #passages: readonly Passage[];
  #at = 0;
  cut = false;

  constructor(passages: readonly Passage[] = [{ delayMs: 1, fate: "arrives" }]) {
    this.#passages = passages;
  }

  next(): Passage {
    if (this.cut) return { delayMs: 1, fate: "refused" };
    return this.#passages[this.#at++ % this.#passages.length] ?? { delayMs: 0, fate: "arrives" };
  }
}

class Candidate {
  readonly weather: Weather;
  readonly elector: LeaderElector;
  readonly log: string[] = [];
  readonly #stop = new AbortController();
  readonly done: Promise<string>;

  constructor(identity: string, server: LeaseServer, options: { clock: Clock; weather?: Weather }) {
    this.weather = options.weather ?? new Weather();
    this.elector = new LeaderElector({
      http: server.through(this.weather),
      namespace: "chain",
      name: "operator",
      identity,
      clock: options.clock,
      random: () => 0.5,
      logger: silent,
      onStarted: () => this.log.push("started"),
      onLost: () => this.log.push("lost"),
    });
    this.done = this.elector.run(this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort();
  }
}

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

  const passage = fc.record({
    delayMs: fc.integer({ min: 0, max: 2_400 }),
    fate: fc.constantFrom<Passage["fate"]>(
      "arrives",
      "arrives",
      "arrives",
      "refused",
      "answerLost",
    ),
  });
  const weather = fc.array(passage, { minLength: 1, maxLength: 12 });
  const happening = fc.record({
    waitMs: fc.integer({ min: 0, max: 30_000 }),
    kind: fc.constantFrom("cut", "mend", "delete", "stop", "nothing"),
    who: fc.integer({ min: 0, max: 2 }),
  });

  it("never lets two lead at once, whatever the network does, and always finds a leader in the end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(weather, weather, weather),
        fc.array(happening, { maxLength: 12 }),
        async (weathers, happenings) => {
          const clock = new VirtualClock();
          const server = new LeaseServer(clock);
          const candidates = weathers.map(
            (passages, index) =>
              new Candidate(`c${index}`, server, { clock, weather: new Weather(passages) }),
          );
          const observe = () => {
            const leaders = candidates.filter(({ elector }) => elector.isLeader());
            expect(leaders.length).toBeLessThanOrEqual(1);
          };
          let deleted = false;
          await clock.advance(20_000, observe);
          for (const { waitMs, kind, who } of happenings) {
            const candidate = candidates[who];
            if (kind === "cut" && candidate !== undefined) candidate.weather.cut = true;
            if (kind === "mend" && candidate !== undefined) candidate.weather.cut = false;
            // Who has never seen the lease, or missed that it came back, cannot know that one was deleted.
            const known = candidates.every(({ elector }) => elector.holder() !== "");
            if (kind === "delete" && known && !deleted) server.lease = undefined;
            deleted ||= server.lease === undefined;
            if (kind === "stop") candidate?.stop();
            await clock.advance(waitMs, observe);
          }
          for (const candidate of candidates) candidate.stop();
          await clock.advance(20_000, observe);
          const fresh = new Candidate("fresh", server, { clock });
          candidates.push(fresh);
          await clock.advance(2 * MINUTE_MS, observe);
          expect(fresh.elector.isLeader()).toBe(true);
          fresh.stop();
          await clock.advance(MINUTE_MS);
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
