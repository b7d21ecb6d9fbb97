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
  const book = new AddressBook(idOf(0), limits.maxKnown ?? DEFAULT_PEER_LIMITS.maxKnown);
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
        dialler.dialled(id, result);
      });
    },
  });
  const lose = (id: string): void => {
    linked.delete(id);
    dialler.unlinked(id);
  };
  return { clock, book, dials, linked, banned, answer, dialler, lose };
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
    for (let i = 1; i <= 40; i++) book.learn(addressOf(i));
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

  it("dials only a few at a time", () => {
    const { clock, book, dials, dialler } = openDialler({ maxDialing: 3 });
    for (let i = 1; i <= 40; i++) book.configure(addressOf(i));
    dialler.start();
    clock.advance(60_000);
    expect(dials).toHaveLength(3);
    dialler.dialled(dials[0]?.id ?? "", false);
    expect(dials).toHaveLength(4);
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

describe("address book", () => {
  const learned = (book: AddressBook) => [...book.entries()].map(({ address }) => address.text);

  it("holds at most what it may, and lets go of what keeps failing first", () => {
    const book = new AddressBook(idOf(0), 10);
    for (let i = 1; i <= 10; i++) expect(book.learn(addressOf(i))).toBe(true);
    expect(book.learn(addressOf(11))).toBe(false);
    const failing = book.get(idOf(4));
    for (let i = 0; i < 3; i++) if (failing !== undefined) book.failed(failing);
    expect(book.learn(addressOf(11))).toBe(true);
    expect(book.get(idOf(4))).toBeUndefined();
    expect(learned(book)).toHaveLength(10);
  });

  it("does not let hearsay replace an address that works, nor a configured one ever", () => {
    const book = new AddressBook(idOf(0), 10);
    book.configure(addressOf(1));
    book.learn(addressOf(2));
    expect(book.learn(addressOf(1, "evil"))).toBe(false);
    expect(book.learn(addressOf(2, "evil"))).toBe(false);
    for (const number of [1, 2]) {
      const entry = book.get(idOf(number));
      for (let i = 0; i < 3; i++) if (entry !== undefined) book.failed(entry);
    }
    expect(book.learn(addressOf(1, "moved"))).toBe(false);
    expect(book.learn(addressOf(2, "moved"))).toBe(true);
    expect(learned(book)).toEqual([addressOf(1).text, addressOf(2, "moved").text]);
  });

  it("forgets a learned address that never worked, and keeps one that did", () => {
    const book = new AddressBook(idOf(0), 10);
    book.learn(addressOf(1));
    book.confirm(addressOf(2));
    for (const number of [1, 2]) {
      const entry = book.get(idOf(number));
      for (let i = 0; i < 20; i++) if (entry !== undefined) book.failed(entry);
    }
    expect(learned(book)).toEqual([addressOf(2).text]);
    // It is dialled further, but no longer told to others.
    expect(book.confirmed()).toEqual([]);
  });

  it("never holds the node's own id", () => {
    const book = new AddressBook(idOf(0), 10);
    book.configure(addressOf(0));
    expect(book.learn(addressOf(0))).toBe(false);
    expect(learned(book)).toEqual([]);
  });
});
