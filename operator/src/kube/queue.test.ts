import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../test/kube-virtual-clock.ts";
import { sleep } from "./clock.ts";
import { WorkQueue } from "./queue.ts";

const KEYS = ["a", "b", "c", "d", "e"] as const;
const key = fc.constantFrom(...KEYS);
const action = fc.record({
  gapMs: fc.integer({ min: 0, max: 50 }),
  kind: fc.constantFrom("add", "addAfter", "addRateLimited"),
  key,
  delayMs: fc.integer({ min: 0, max: 5_000 }),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function act(queue: WorkQueue, { kind, key, delayMs }: Action): boolean {
  if (kind === "add") return queue.add(key);
  return kind === "addAfter" ? queue.addAfter(key, delayMs) : queue.addRateLimited(key);
}

/** Workers on virtual time that note what they saw; they end when the queue is shut down. */
class Crew {
  readonly startedAtMs = new Map<string, number>();
  readonly running = new Set<string>();
  most = 0;
  overlaps = 0;
  readonly #done: Promise<unknown>;

  constructor(queue: WorkQueue, clock: VirtualClock, options: { workers: number; workMs: number }) {
    const work = async () => {
      for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
        if (this.running.has(key)) this.overlaps++;
        this.running.add(key);
        this.most = Math.max(this.most, this.running.size);
        this.startedAtMs.set(key, clock.monotonicMs());
        await sleep(clock, options.workMs);
        this.running.delete(key);
        queue.done(key);
      }
    };
    this.#done = Promise.all(Array.from({ length: options.workers }, work));
  }

  finished(): Promise<unknown> {
    return this.#done;
  }
}

describe("WorkQueue properties", () => {
  it("never puts two workers on one key, and works on every add after it was made", async () => {
    const crews = fc.record({
      workers: fc.integer({ min: 1, max: 4 }),
      workMs: fc.integer({ min: 0, max: 80 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), crews, async (actions, crewOptions) => {
        const clock = new VirtualClock();
        const queue = new WorkQueue({ clock });
        const crew = new Crew(queue, clock, crewOptions);
        const addedAtMs = new Map<string, number>();
        for (const given of actions) {
          await clock.advance(given.gapMs);
          expect(act(queue, given)).toBe(true);
          addedAtMs.set(given.key, clock.monotonicMs());
        }
        await clock.advance(1_000_000);
        for (const [key, atMs] of addedAtMs) {
          expect(crew.startedAtMs.get(key)).toBeGreaterThanOrEqual(atMs);
        }
        expect(crew.overlaps).toBe(0);
        expect(crew.most).toBeLessThanOrEqual(crewOptions.workers);
        expect(queue.depth).toBe(0);
        await queue.shutDown();
        await crew.finished();
      }),
      { numRuns: 60 },
    );
  });

  it("never holds more keys than its bound, in whatever state", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const clock = new VirtualClock();
        const queue = new WorkQueue({ clock, maxKeys: 3 });
        const held = new Set<string>();
        for (const given of actions) {
          const accepted = act(queue, given);
          expect(accepted).toBe(held.has(given.key) || held.size < 3);
          if (accepted) held.add(given.key);
        }
        expect(held.size).toBeLessThanOrEqual(3);
      }),
    );
  });

  it("drains: what waits is worked on, what is delayed is dropped, everyone leaves", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 20 }), async (actions) => {
        const clock = new VirtualClock();
        const queue = new WorkQueue({ clock });
        const crew = new Crew(queue, clock, { workers: 2, workMs: 10 });
        for (const given of actions) act(queue, given);
        const drained = queue.shutDown();
        expect(queue.add("late")).toBe(false);
        await clock.advance(300);
        await Promise.all([drained, crew.finished()]);
        expect(clock.pending).toBe(0);
        expect(queue.depth).toBe(0);
        expect(crew.startedAtMs.has("late")).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe("WorkQueue", () => {
  it("hands out a key once however often it was added, and again where it was added meanwhile", async () => {
    const queue = new WorkQueue({ clock: new VirtualClock() });
    for (const given of ["a", "a", "b", "a"]) queue.add(given);
    expect([await queue.take(), await queue.take()]).toEqual(["a", "b"]);
    queue.add("a");
    expect(queue.depth).toBe(1);
    queue.done("b");
    queue.done("a");
    expect(await queue.take()).toBe("a");
  });

  it("comes back after 5, 10, 20 ms, and after 5 ms again once forgotten", async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue({ clock });
    const depthAfter = async (waitMs: number) => {
      await clock.advance(waitMs);
      return queue.depth;
    };
    for (const waitMs of [5, 10, 20, 40]) {
      queue.addRateLimited("a");
      expect(await depthAfter(waitMs - 1)).toBe(0);
      expect(await depthAfter(1)).toBe(1);
      queue.done((await queue.take()) ?? "");
    }
    queue.forget("a");
    queue.addRateLimited("a");
    expect(await depthAfter(5)).toBe(1);
  });

  it("lets a hundred failures through at once and ten a second after them", async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue({ clock });
    for (let number = 0; number < 150; number++) queue.addRateLimited(`key-${number}`);
    await clock.advance(5);
    expect(queue.depth).toBe(100);
    await clock.advance(1_000);
    expect(queue.depth).toBe(110);
    await clock.advance(4_000);
    expect(queue.depth).toBe(150);
  });

  it("keeps the earliest of several delays", async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter("a", 500);
    queue.addAfter("a", 100);
    queue.addAfter("a", 900);
    await clock.advance(100);
    expect(queue.depth).toBe(1);
    expect(await queue.take()).toBe("a");
    queue.done("a");
    await clock.advance(1_000);
    expect(queue.depth).toBe(0);
  });
});
