import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../memory/seeded-random.ts";
import { VirtualClock } from "../../memory/virtual-clock.ts";
import { DEFAULT_PEER_LIMITS, type PeerLimits } from "../limits.ts";
import { AddressBook } from "./address-book.ts";
import { Dialler } from "./dialler.ts";
import { type PeerAddress, parsePeerAddress } from "./peer-address.ts";

const idOf = (number: number): string => number.toString(16).padStart(40, "0");
const addressOf = (number: number, host = "host"): PeerAddress => {
  const parsed = parsePeerAddress(`${idOf(number)}@${host}:${1000 + number}`);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
};

/** A dialler whose dials end as the test says: by default they hang. */
function openDialler(limits: Partial<PeerLimits> = {}) {
  const clock = new VirtualClock();
  const validators = new Set<string>();
  const fullGroups = new Set<string>();
  const isProtected = (id: string) => validators.has(id);
  const book = new AddressBook({
    selfId: idOf(0),
    limits: DEFAULT_PEER_LIMITS,
    isProtected,
    groupOfHost: (host) => host,
  });
  const dials: { readonly id: string; readonly atMs: number }[] = [];
  const linked = new Set<string>();
  const banned = new Map<string, number>();
  const answer = new Map<string, boolean>();
  const dialler = new Dialler({
    book,
    clock,
    random: new SeededRandom(1),
    limits: { ...DEFAULT_PEER_LIMITS, ...limits },
    outboundLinks: () => linked.size,
    isProtected,
    isGroupFull: (group) => fullGroups.has(group),
    bannedUntil: (id) => banned.get(id),
    dial: ({ id }) => {
      dials.push({ id, atMs: clock.monotonicMs() });
      const result = answer.get(id) ?? answer.get("all");
      if (result === undefined) return;
      clock.startTimer(1, () => {
        if (result) {
          linked.add(id);
          dialler.linked(id);
        }
        dialler.dialled(id, result ? "proved" : undefined);
      });
    },
  });
  const lose = (id: string): void => {
    linked.delete(id);
    dialler.unlinked(id);
  };
  return { clock, book, validators, fullGroups, dials, linked, banned, answer, dialler, lose };
}

const waits = (dials: readonly { atMs: number }[]): number[] =>
  dials.slice(1).map(({ atMs }, i) => atMs - (dials[i]?.atMs ?? 0));

describe("dialler", () => {
  it("retries a configured peer for ever, from 0.25 s to 10 s with jitter", () => {
    const { clock, book, dials, answer, dialler } = openDialler();
    book.configure(addressOf(1));
    answer.set("all", false);
    dialler.start();
    clock.runUntil(600_000);
    for (const [i, waitMs] of waits(dials).entries()) {
      const ceilingMs = Math.min(10_000, 250 * 2 ** i);
      expect(waitMs - 1).toBeGreaterThanOrEqual(ceilingMs / 2);
      expect(waitMs - 1).toBeLessThanOrEqual(ceilingMs);
    }
    // Half an hour later it still tries, at least every 10 s.
    expect(dials.length).toBeGreaterThan(60);
    expect(new Set(waits(dials)).size).toBeGreaterThan(20);
  });

  it("does not dial what is linked, and slows down on a link that keeps breaking", () => {
    const { clock, book, dials, linked, answer, dialler, lose } = openDialler();
    book.configure(addressOf(1));
    answer.set("all", true);
    dialler.start();
    clock.advance(100_000);
    expect(dials).toHaveLength(1);
    for (let i = 0; i < 8; i++) {
      lose(idOf(1));
      while (!linked.has(idOf(1))) clock.next();
      // It lives shortly.
      clock.advance(100);
    }
    expect(waits(dials).at(-1)).toBeGreaterThan(5_000);
    clock.advance(20_000);
    const before = clock.monotonicMs();
    lose(idOf(1));
    while (!linked.has(idOf(1))) clock.next();
    expect(clock.monotonicMs() - before).toBeLessThanOrEqual(251);
  });

  it("dials learned addresses up to the target, configured ones beyond it, up to maxOutbound", () => {
    const { clock, book, linked, answer, dialler } = openDialler({
      targetPeers: 4,
      maxOutbound: 10,
    });
    for (let i = 1; i <= 40; i++) book.learn(addressOf(i, `host-${i}`), "teller");
    answer.set("all", true);
    dialler.start();
    clock.advance(10_000);
    expect(linked.size).toBe(4);
    for (const i of [50, 51, 52]) book.configure(addressOf(i));
    dialler.wake();
    clock.advance(10_000);
    expect([50, 51, 52].every((number) => linked.has(idOf(number)))).toBe(true);
    for (let i = 53; i <= 80; i++) book.configure(addressOf(i));
    dialler.wake();
    clock.advance(10_000);
    expect(linked.size).toBe(10);
  });

  it("dials what was lost at once when the first of it is back, and not before its time again", () => {
    const { clock, book, dials, linked, answer, dialler, lose } = openDialler();
    const lost = [1, 2, 3, 4, 5, 6].map(idOf);
    for (let i = 1; i <= 7; i++) book.configure(addressOf(i));
    answer.set("all", true);
    answer.set(idOf(7), false);
    dialler.start();
    clock.advance(20_000);
    for (const id of lost) answer.set(id, false);
    for (const id of lost) lose(id);
    clock.advance(60_000);
    // All wait for 5 to 10 s between two dials. Number 6 stays down, number 7 never was up.
    for (const id of lost.slice(0, 5)) answer.set(id, true);
    const dialsOf = (number: number): number =>
      dials.filter(({ id }) => id === idOf(number)).length;
    while (linked.size === 0) clock.next();
    const before = { six: dialsOf(6), seven: dialsOf(7) };
    clock.advance(250);
    expect(linked.size).toBe(5);
    expect(dialsOf(6)).toBe(before.six + 1);
    expect(dialsOf(7)).toBe(before.seven);
    clock.advance(4_000);
    expect(dialsOf(6)).toBe(before.six + 1);
  });

  it("is not driven by a peer whose link keeps breaking", () => {
    const { clock, book, dials, linked, answer, dialler, lose } = openDialler();
    for (const i of [1, 2]) book.configure(addressOf(i));
    answer.set("all", true);
    dialler.start();
    clock.advance(20_000);
    answer.set(idOf(1), false);
    lose(idOf(1));
    clock.advance(60_000);
    const before = dials.length;
    // As if it dialled this node, over and over.
    for (let i = 0; i < 100; i++) {
      lose(idOf(2));
      clock.advance(50);
      linked.add(idOf(2));
      dialler.linked(idOf(2));
      clock.advance(50);
    }
    const toFirst = dials.slice(before).filter(({ id }) => id === idOf(1));
    expect(toFirst.length).toBeLessThanOrEqual(1 + 10);
  });

  it("dials only a few at a time", () => {
    const { clock, book, dials, dialler } = openDialler({ maxDialing: 3 });
    for (let i = 1; i <= 40; i++) book.configure(addressOf(i));
    dialler.start();
    clock.advance(60_000);
    expect(dials).toHaveLength(3);
    dialler.dialled(dials[0]?.id ?? "", undefined);
    expect(dials).toHaveLength(4);
  });

  it("dials strangers at a bounded rate, however many are told, and validators at once", () => {
    const { clock, book, validators, dials, answer, dialler } = openDialler({
      targetPeers: 64,
      maxDialing: 1_000,
      strangerDialsPerSec: 2,
      strangerDialsAtOnce: 10,
    });
    answer.set("all", false);
    dialler.start();
    for (let i = 1; i <= 600; i++) book.learn(addressOf(i, `host-${i}`), `teller-${i % 100}`);
    dialler.wake();
    clock.advance(60_000);
    expect(dials.length).toBeGreaterThan(100);
    expect(dials.length).toBeLessThanOrEqual(10 + 1 + 2 * 60);
    for (let i = 701; i <= 720; i++) {
      validators.add(idOf(i));
      book.learn(addressOf(i), "teller-1");
    }
    dialler.wake();
    const dialled = new Set(dials.map(({ id }) => id));
    expect([...validators].every((id) => dialled.has(id))).toBe(true);
  });

  it("gives a source that tells much no more dials than one that tells little", () => {
    const { clock, book, dials, answer, dialler } = openDialler({ targetPeers: 64, maxDialing: 1 });
    for (let i = 1; i <= 64; i++) book.learn(addressOf(i, `host-${i}`), "loud");
    for (let i = 101; i <= 104; i++) book.learn(addressOf(i, `host-${i}`), "quiet");
    answer.set("all", false);
    dialler.start();
    clock.advance(4_000);
    const quiet = new Set([101, 102, 103, 104].map(idOf));
    // All four of the quiet one are among the first twenty or so, not among the last of 68.
    expect(
      new Set(
        dials
          .slice(0, 30)
          .filter(({ id }) => quiet.has(id))
          .map(({ id }) => id),
      ).size,
    ).toBe(4);
  });

  it("leaves out a group of addresses to which enough links go", () => {
    const { clock, book, fullGroups, dials, dialler } = openDialler();
    for (const number of [1, 2]) book.learn(addressOf(number, `host-${number}`), "teller");
    fullGroups.add("host-1");
    dialler.start();
    clock.advance(10_000);
    expect(dials.map(({ id }) => id)).toEqual([idOf(2)]);
  });

  it("dials anchors before other strangers, without a wait", () => {
    const { book, dials, dialler } = openDialler({ strangerDialsAtOnce: 0, targetPeers: 4 });
    const about = { source: "teller", group: "g", lastLinkedMs: 5 };
    for (let i = 1; i <= 12; i++) {
      book.restore(addressOf(i), { ...about, isTried: true, isAnchor: i > 8 });
    }
    dialler.start();
    expect(dials.map(({ id }) => id)).toEqual([9, 10, 11, 12].map(idOf));
  });

  it("waits for the end of a ban", () => {
    const { clock, book, dials, banned, dialler } = openDialler();
    book.configure(addressOf(1));
    banned.set(idOf(1), 5_000);
    dialler.start();
    clock.advance(4_999);
    expect(dials).toEqual([]);
    clock.advance(2);
    expect(dials).toHaveLength(1);
  });

  it("does nothing before start and after stop", () => {
    const { clock, book, dials, answer, dialler } = openDialler();
    book.configure(addressOf(1));
    answer.set("all", false);
    dialler.wake();
    clock.advance(1_000);
    expect(dials).toEqual([]);
    dialler.start();
    clock.advance(10);
    dialler.stop();
    const count = dials.length;
    clock.advance(100_000);
    expect(dials).toHaveLength(count);
  });
});
