import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { RecordedMetrics } from "../../../../test/recorded-metrics.ts";
import { VirtualClock } from "../../memory/virtual-clock.ts";
import { ipGrouping } from "../ip-groups.ts";
import { Isolation, type Suspect } from "./isolation.ts";
import { Scores } from "./scores.ts";

const MINUTE_MS = 60_000;
const groupsOf = ipGrouping(["10.0.0.0/8"]);
const idOf = (number: number): string => number.toString(16).padStart(40, "0");

const suspect = (number: number, ip = "198.51.100.7", isProtected = false): Suspect => ({
  peerId: idOf(number),
  ip: groupsOf(ip),
  isProtected,
});

function openIsolation(path?: string, clock = new VirtualClock()) {
  const metrics = new RecordedMetrics();
  const warnings: object[] = [];
  const none = () => {};
  const isolation = new Isolation({
    clock,
    log: { debug: none, info: none, warn: (fields) => warnings.push(fields), error: none },
    metrics,
    path,
    refused: new Set([idOf(99)]),
    banned: none,
    bannedByOperator: none,
  });
  return { isolation, clock, metrics, warnings };
}

describe("scores", () => {
  it("halve every ten minutes and add up", () => {
    const scores = new Scores(10);
    scores.charge("a", 80, 0);
    expect(scores.of("a", 600_000)).toBeCloseTo(40);
    expect(scores.charge("a", 10, 1_200_000)).toBeCloseTo(30);
    expect(scores.of("b", 0)).toBe(0);
  });

  it("keep at most as many keys as they may, and those charged last", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 200 }), (keys) => {
        const scores = new Scores(8);
        for (const key of keys) scores.charge(String(key), 1, 0);
        const last = [...new Set(keys.toReversed())].slice(0, 8);
        for (const key of last) expect(scores.of(String(key), 0)).toBeGreaterThan(0);
        const held = Array.from({ length: 31 }, (_, key) => scores.of(String(key), 0)).filter(
          Boolean,
        );
        expect(held).toHaveLength(last.length);
      }),
    );
  });
});

describe("a stranger", () => {
  it("loses its link at 50 points and is banned at 100, for longer each time", () => {
    const { isolation, clock } = openIsolation();
    const sentences = [49, 1, 39, 1].map((points) =>
      isolation.penalise(suspect(1), points, "load"),
    );
    expect(sentences).toEqual(["none", "disconnect", "disconnect", "ban"]);
    expect(isolation.refuses(suspect(1))).toBe(true);
    clock.advance(MINUTE_MS);
    expect(isolation.refuses(suspect(1))).toBe(false);
    expect(isolation.penalise(suspect(1), 100, "load")).toBe("ban");
    clock.advance(2 * MINUTE_MS);
    expect(isolation.refuses(suspect(1))).toBe(true);
    clock.advance(2 * MINUTE_MS);
    expect(isolation.refuses(suspect(1))).toBe(false);
  });

  it("is forgiven in time", () => {
    const { isolation, clock } = openIsolation();
    for (let i = 0; i < 100; i++) {
      expect(isolation.penalise(suspect(1), 2, "load")).toBe("none");
      clock.advance(MINUTE_MS);
    }
  });

  it("takes its address along at the third key, its network at the third address", () => {
    const { isolation } = openIsolation();
    for (const number of [1, 2]) isolation.ban(suspect(number), MINUTE_MS, "a lie");
    expect(isolation.refuses(suspect(50))).toBe(false);
    isolation.ban(suspect(3), MINUTE_MS, "a lie");
    expect(isolation.refuses(suspect(50))).toBe(true);
    expect(isolation.refuses(suspect(51, "198.51.100.8"))).toBe(false);
    for (const number of [4, 5, 6])
      isolation.ban(suspect(number, "198.51.100.8"), MINUTE_MS, "a lie");
    for (const number of [7, 8, 9])
      isolation.ban(suspect(number, "198.51.100.9"), MINUTE_MS, "a lie");
    expect(isolation.refuses(suspect(52, "198.51.100.200"))).toBe(true);
    expect(isolation.refuses(suspect(53, "198.51.101.200"))).toBe(false);
  });

  it("of the cluster's own range never takes its address along", () => {
    const { isolation } = openIsolation();
    for (let i = 1; i < 40; i++) isolation.ban(suspect(i, "10.0.0.1"), MINUTE_MS, "a lie");
    expect(isolation.refuses(suspect(50, "10.0.0.1"))).toBe(false);
    expect(isolation.list().every(({ target }) => target.length === 40)).toBe(true);
  });
});

describe("a liar", () => {
  const lie = (isolation: Isolation, number: number, ip: string, points = 25) =>
    isolation.accuse(suspect(number, ip), points, "a lie");

  it("is banned at 100 points, and keeps its link until then", () => {
    const { isolation } = openIsolation();
    const sentences = [1, 2, 3, 4].map(() => lie(isolation, 1, "10.0.0.1"));
    expect(sentences).toEqual(["none", "none", "none", "ban"]);
  });

  it("is banned sooner where its neighbours lied, whatever key and address it has now", () => {
    const { isolation } = openIsolation();
    const lies = (number: number, ip: string): number => {
      for (let count = 1; ; count++) if (lie(isolation, number, ip) === "ban") return count;
    };
    const counts = [1, 2, 3].map((number) => lies(number, `198.51.${number}.7`));
    expect(counts).toEqual([3, 2, 2]);
    // Of another provider.
    expect(lies(9, "203.0.113.7")).toBe(3);
  });

  it("of the cluster's own range has no neighbours", () => {
    const { isolation } = openIsolation();
    for (let i = 1; i < 40; i++) isolation.ban(suspect(i, "10.0.0.1"), MINUTE_MS, "a lie");
    expect([1, 2, 3].map(() => lie(isolation, 50, "10.0.0.1"))).toEqual(["none", "none", "none"]);
  });

  it("never gets a neighbour banned that is caught once, or that is only slow", () => {
    const liars = fc.array(fc.tuple(fc.nat(60), fc.nat(250), fc.integer({ min: 1, max: 100 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(liars, (lies) => {
        const { isolation, clock } = openIsolation();
        for (const [number, third, points] of lies) {
          clock.advance(100);
          lie(isolation, number, `198.51.${third}.7`, points);
        }
        const honest = suspect(99_999, "198.51.251.1");
        expect(isolation.accuse(honest, 25, "it did not bring a hundred ids")).toBe("none");
        const slow = suspect(99_998, "198.51.252.1");
        expect(isolation.penalise(slow, 20, "it does not read what it is sent")).toBe("none");
        expect([honest, slow].map((peer) => isolation.refuses(peer))).toEqual([false, false]);
      }),
    );
  });
});

describe("validators and configured peers", () => {
  it("are never punished for load, whatever it adds up to", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { maxLength: 50 }), (charges) => {
        const { isolation } = openIsolation();
        const peer = suspect(1, "198.51.100.7", true);
        for (const points of charges) {
          expect(isolation.penalise(peer, points, "load")).toBe("none");
          expect(isolation.accuse(peer, points, "ids that do not come")).toBe("none");
        }
        expect(isolation.refuses(peer)).toBe(false);
        expect(isolation.list()).toEqual([]);
      }),
    );
  });

  it("are banned for a proven fault for exactly the time given, and their address is not", () => {
    const { isolation, clock } = openIsolation();
    for (let i = 0; i < 5; i++) {
      isolation.ban(suspect(1, "198.51.100.7", true), MINUTE_MS, "a wrong signature");
      expect(isolation.refuses(suspect(1, "198.51.100.7", true))).toBe(true);
      expect(isolation.refuses(suspect(2))).toBe(false);
      clock.advance(MINUTE_MS);
      expect(isolation.refuses(suspect(1, "198.51.100.7", true))).toBe(false);
    }
  });

  it("are taken from an address that strangers got banned, but not from one that an operator banned", () => {
    const { isolation } = openIsolation();
    for (const number of [1, 2, 3]) isolation.ban(suspect(number), MINUTE_MS, "a lie");
    expect(isolation.refuses(suspect(50))).toBe(true);
    expect(isolation.refuses(suspect(50, "198.51.100.7", true))).toBe(false);
    isolation.set("198.51.100.0/24", MINUTE_MS, "mine");
    expect(isolation.refuses(suspect(50, "198.51.100.7", true))).toBe(true);
  });
});

describe("the ban list on disk", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const newPath = (): string => {
    folders.push(mkdtempSync(join(tmpdir(), "bans-")));
    return join(folders.at(-1) ?? "", "bans.json");
  };
  const closed = (isolation: Isolation): Promise<void> =>
    new Promise((resolve) => {
      isolation.close(resolve);
    });

  it("survives a restart, with what it grows by", async () => {
    const path = newPath();
    const { isolation, clock } = openIsolation(path);
    isolation.ban(suspect(1), MINUTE_MS, "a lie");
    isolation.set("203.0.113.0/24", 60 * MINUTE_MS, "mine");
    const before = isolation.list();
    await closed(isolation);
    const again = openIsolation(path, clock);
    expect(again.isolation.list()).toEqual(before);
    expect(again.metrics.value("p2p_bans")).toBe(2);
    expect(again.warnings).toEqual([]);
    clock.advance(MINUTE_MS);
    again.isolation.ban(suspect(1), MINUTE_MS, "a lie");
    const [ban] = again.isolation.list().filter(({ target }) => target === idOf(1));
    expect((ban?.untilMs ?? 0) - clock.nowMs()).toBe(4 * MINUTE_MS);
    await closed(again.isolation);
  });

  it.each([
    ["is no JSON", "{"],
    ["is empty", ""],
    ["is of another kind", '{"type":"timecoin/bans/2","bans":[]}'],
    ["holds a ban without a target", '{"type":"timecoin/bans/1","bans":[{"untilMs":1}]}'],
    ["is too large", " ".repeat(1024 * 1024 + 1)],
  ])("counts as empty where it %s, with a warning, and is written anew", async (_, text) => {
    const path = newPath();
    writeFileSync(path, text);
    const { isolation, warnings } = openIsolation(path);
    expect(isolation.list()).toEqual([]);
    const kept = `${path}.damaged`;
    expect(warnings).toMatchObject([{ code: "P2P_FILE_UNREADABLE", path, kept }]);
    expect(readFileSync(kept, "utf8")).toBe(text);
    isolation.set(idOf(7), MINUTE_MS, "mine");
    await closed(isolation);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ bans: [{ target: idOf(7) }] });
  });

  it("that cannot be written costs a warning, not the node", async () => {
    const path = join(newPath(), "no", "such", "folder");
    const { isolation, warnings } = openIsolation(path);
    isolation.set(idOf(7), MINUTE_MS, "mine");
    await closed(isolation);
    expect(warnings).toMatchObject([{ code: "P2P_FILE_UNWRITABLE" }]);
    expect(isolation.list()).toHaveLength(1);
  });

  it("is not written where nothing was banned", async () => {
    const path = newPath();
    const { isolation } = openIsolation(path);
    await closed(isolation);
    expect(existsSync(path)).toBe(false);
  });
});

it("refuses for ever whom the configuration names", () => {
  const { isolation, clock } = openIsolation();
  isolation.clear();
  clock.advance(1e9);
  expect(isolation.refuses(suspect(99, "10.0.0.1", true))).toBe(true);
  expect(isolation.list()).toEqual([]);
});
