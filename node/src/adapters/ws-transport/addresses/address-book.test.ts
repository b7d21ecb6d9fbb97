import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../memory/virtual-clock.ts";
import { ipGrouping } from "../ip-groups.ts";
import { AddressBook, type BookLimits } from "./address-book.ts";
import { worthTelling } from "./introductions.ts";
import { type PeerAddress, parsePeerAddress } from "./peer-address.ts";
import { SavedAddresses } from "./saved-addresses.ts";
import { ToldRate } from "./told-rate.ts";

const DAY_MS = 86_400_000;
const groupsOf = ipGrouping();
const idOf = (number: number): string => number.toString(16).padStart(40, "0");
const addressOf = (number: number, host = `host-${number}`): PeerAddress => {
  const parsed = parsePeerAddress(`${idOf(number)}@${host}:${1 + (number % 60_000)}`);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
};

function openBook(limits: Partial<BookLimits> = {}) {
  const validators = new Set<string>();
  const book = new AddressBook({
    selfId: idOf(0),
    limits: { maxKnown: 1_000, maxTried: 256, ...limits },
    isProtected: (id) => validators.has(id),
    groupOfHost: (host) => groupsOf(host).group || host,
  });
  const fail = (number: number, times: number, nowMs = 0): void => {
    for (let i = 0; i < times; i++) {
      const entry = book.get(idOf(number));
      if (entry !== undefined) book.failed(entry, nowMs);
    }
  };
  const prove = (number: number, group: string): void => {
    const entry = book.get(idOf(number));
    if (entry !== undefined) book.proved(entry, group);
  };
  const texts = () => [...book.entries()].map(({ address }) => address.text);
  return { book, validators, fail, prove, texts };
}

describe("what others tell", () => {
  it("fills no more than a sixteenth of the book from one network, whatever it says", () => {
    const told = fc.record({ id: fc.integer({ min: 1, max: 5_000 }), host: fc.ipV4() });
    fc.assert(
      fc.property(fc.array(told, { minLength: 200, maxLength: 2_000 }), (addresses) => {
        const { book, texts } = openBook();
        for (const { id, host } of addresses) book.learn(addressOf(id, host), "198.51.0.0/16");
        expect(texts().length).toBeLessThanOrEqual(64);
        const groups = new Map<string, number>();
        for (const { group } of book.entries()) groups.set(group, (groups.get(group) ?? 0) + 1);
        expect(Math.max(...groups.values())).toBeLessThanOrEqual(16);
        // An honest teller of another network is still heard.
        expect(book.learn(addressOf(9_999, "203.0.113.1"), "203.0.0.0/16")).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("never holds more than it may, and gives up of the loudest source where it is full", () => {
    const { book, texts } = openBook({ maxKnown: 100 });
    for (let i = 1; i <= 60; i++) book.learn(addressOf(i), "loud");
    for (let i = 101; i <= 140; i++) book.learn(addressOf(i), "other");
    expect(texts()).toHaveLength(100);
    for (let i = 201; i <= 210; i++) expect(book.learn(addressOf(i), "third")).toBe(true);
    expect(texts()).toHaveLength(100);
    const bySource = (source: string) => [...book.entries()].filter((one) => one.source === source);
    expect([bySource("loud"), bySource("other"), bySource("third")].map((of) => of.length)).toEqual(
      [50, 40, 10],
    );
    expect(book.learn(addressOf(99), "loud")).toBe(false);
  });

  it("makes room within a full share only for what keeps failing", () => {
    const { book, fail } = openBook();
    for (let i = 1; i <= 64; i++) expect(book.learn(addressOf(i), "teller")).toBe(true);
    expect(book.learn(addressOf(65), "teller")).toBe(false);
    fail(4, 3);
    expect(book.learn(addressOf(65), "teller")).toBe(true);
    expect(book.get(idOf(4))).toBeUndefined();
  });

  it("is limited in validators by their keys alone", () => {
    const { book, validators, texts } = openBook({ maxKnown: 10 });
    for (let i = 1; i <= 200; i++) validators.add(idOf(i));
    for (let i = 1; i <= 200; i++) expect(book.learn(addressOf(i), "teller")).toBe(true);
    for (let i = 300; i <= 400; i++) book.learn(addressOf(i), "other");
    expect(texts()).toHaveLength(210);
  });

  it("replaces no address that works, nor a configured one ever", () => {
    const { book, fail, texts } = openBook();
    book.configure(addressOf(1));
    book.learn(addressOf(2), "teller");
    book.learn(addressOf(1, "evil"), "liar");
    expect(texts()).toEqual([addressOf(1).text, addressOf(2).text]);
    fail(1, 20);
    expect(book.learn(addressOf(1, "moved"), "teller")).toBe(false);
    expect(texts()[0]).toBe(addressOf(1).text);
  });

  it("keeps what others say of the same node beside a lie, and goes there when the lie fails", () => {
    const { book, validators, fail, texts } = openBook();
    validators.add(idOf(1));
    book.learn(addressOf(1, "evil"), "liar");
    expect(book.learn(addressOf(1, "worse"), "liar")).toBe(false);
    expect(book.learn(addressOf(1, "right"), "teller")).toBe(true);
    expect(texts()).toEqual([addressOf(1, "evil").text]);
    fail(1, 1);
    expect(texts()).toEqual([addressOf(1, "right").text]);
  });

  it("follows the peer's own word over its link as soon as the old address fails", () => {
    const { book, fail, texts } = openBook();
    book.learn(addressOf(1, "old"), "teller");
    book.ownWord(addressOf(1, "new"), "group");
    expect(texts()).toEqual([addressOf(1, "old").text]);
    fail(1, 1);
    book.ownWord(addressOf(1, "new"), "group");
    expect(texts()).toEqual([addressOf(1, "new").text]);
  });

  it("is forgotten where it never worked", () => {
    const { book, validators, fail, texts } = openBook();
    validators.add(idOf(2));
    for (const number of [1, 2]) book.learn(addressOf(number), "teller");
    fail(1, 4);
    fail(2, 7);
    expect(texts()).toEqual([addressOf(2).text]);
    fail(2, 1);
    expect(texts()).toEqual([]);
  });

  it("never holds the node's own id", () => {
    const { book, texts } = openBook();
    book.configure(addressOf(0));
    book.ownWord(addressOf(0), "group");
    expect(book.learn(addressOf(0), "teller")).toBe(false);
    expect(texts()).toEqual([]);
  });
});

describe("tried addresses", () => {
  it("are kept for a week of failures after their last link, then forgotten", () => {
    const { book, fail, prove } = openBook();
    book.learn(addressOf(1), "teller");
    prove(1, "203.0.0.0/16");
    fail(1, 100, 6 * DAY_MS);
    expect(book.get(idOf(1))?.isTried).toBe(true);
    fail(1, 1, 8 * DAY_MS);
    expect(book.get(idOf(1))).toBeUndefined();
  });

  it("are at most sixteen of one group, however many were linked", () => {
    const { book, prove } = openBook();
    for (let i = 1; i <= 200; i++) {
      book.learn(addressOf(i), `teller-${i % 10}`);
      prove(i, "198.51.0.0/16");
    }
    const tried = [...book.entries()].filter(({ isTried }) => isTried);
    expect(tried).toHaveLength(16);
  });
});

describe("what is told to others", () => {
  it("is what works: validators first, of strangers a few of each group", () => {
    const { book, validators, fail, prove } = openBook();
    validators.add(idOf(1)).add(idOf(2));
    for (const number of [1, 2]) book.ownWord(addressOf(number), "group");
    for (let i = 10; i < 30; i++) {
      book.ownWord(addressOf(i, `198.51.100.${i}`), "198.51.0.0/16");
    }
    book.learn(addressOf(40), "teller");
    book.learn(addressOf(41), "teller");
    prove(41, "203.0.0.0/16");
    fail(2, 3);
    const tell = (first: number) =>
      worthTelling(book.entries(), (id) => validators.has(id), first).map((text) =>
        Number.parseInt(text.slice(0, 40), 16),
      );
    expect(tell(0)).toEqual([1, 10, 11, 12, 13, 41]);
  });

  it("goes round among validators where not all fit", () => {
    const { book, validators } = openBook();
    for (let i = 1; i <= 3; i++) validators.add(idOf(i));
    for (let i = 1; i <= 3; i++) book.ownWord(addressOf(i), "group");
    const tell = (first: number) => worthTelling(book.entries(), (id) => validators.has(id), first);
    expect(tell(64)).toEqual([2, 3, 1].map((number) => addressOf(number).text));
  });
});

describe("the rate of telling", () => {
  it("takes a burst, then what honest nodes tell, for ever", () => {
    const rate = new ToldRate(16, 256);
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += 5_000) {
      expect(rate.takes("a", 64, nowMs)).toBe(true);
    }
  });

  it("lets nobody tell more than the burst and the rate", () => {
    const rate = new ToldRate(16, 256);
    let taken = 0;
    for (let i = 0; i < 10_000; i++) if (rate.takes("a", 64, i)) taken += 64;
    expect(taken).toBeLessThanOrEqual(256 + 16 * 10 + 64);
    expect(rate.takes("b", 64, 10_000)).toBe(true);
  });
});

describe("the address book on disk", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const newPath = (): string => {
    folders.push(mkdtempSync(join(tmpdir(), "peers-")));
    return join(folders.at(-1) ?? "", "peers.json");
  };
  function openSaved(path: string) {
    const opened = openBook();
    const warnings: object[] = [];
    const none = () => {};
    const saved = new SavedAddresses({
      path,
      book: opened.book,
      places: () => [[idOf(7), "203.0.113.7"]],
      isOutbound: () => true,
      clock: new VirtualClock(),
      log: { debug: none, info: none, warn: (fields) => warnings.push(fields), error: none },
    });
    return { ...opened, saved, warnings };
  }
  const closed = (saved: SavedAddresses): Promise<void> =>
    new Promise((resolve) => {
      saved.changed();
      saved.close(resolve);
    });

  it("comes back with its groups, its tried addresses, anchors and places", async () => {
    const path = newPath();
    const { book, saved, prove } = openSaved(path);
    book.configure(addressOf(1));
    for (let i = 2; i <= 9; i++) book.learn(addressOf(i), "teller");
    for (let i = 3; i <= 9; i++) prove(i, `group-${i}`);
    for (let i = 4; i <= 9; i++) Object.assign(book.get(idOf(i)) ?? {}, { linkedSinceMs: 1 });
    await closed(saved);
    const again = openSaved(path);
    expect(again.saved.restore()).toEqual([[idOf(7), "203.0.113.7"]]);
    expect(again.warnings).toEqual([]);
    const entries = [...again.book.entries()];
    expect(entries.map(({ address }) => address.text)).toEqual(
      [2, 3, 4, 5, 6, 7, 8, 9].map((number) => addressOf(number).text),
    );
    expect(entries.map(({ isTried }) => isTried)).toEqual([false, ...Array<boolean>(7).fill(true)]);
    expect(entries.filter(({ isAnchor }) => isAnchor)).toHaveLength(4);
    expect(entries[1]).toMatchObject({ source: "teller", group: "group-3" });
  });

  it("counts as empty where a byte of it was lost, with a warning", async () => {
    const path = newPath();
    const { book, saved } = openSaved(path);
    book.learn(addressOf(1), "teller");
    await closed(saved);
    const text = readFileSync(path, "utf8");
    fc.assert(
      fc.property(fc.nat(text.length - 3), (at) => {
        writeFileSync(path, text.slice(0, at));
        const again = openSaved(path);
        expect(again.saved.restore()).toEqual([]);
        expect(again.texts()).toEqual([]);
        expect(again.warnings).toMatchObject([{ code: "P2P_FILE_UNREADABLE" }]);
      }),
      { numRuns: 50 },
    );
  });

  it("holds no more than the book takes, whoever wrote it", () => {
    const path = newPath();
    const about = { source: "liar", group: "g", isTried: true, isAnchor: true, lastLinkedMs: 0 };
    const addresses = Array.from({ length: 500 }, (_, i) => ({
      address: addressOf(i + 1).text,
      ...about,
    }));
    writeFileSync(path, JSON.stringify({ type: "timecoin/peers/1", addresses, places: [] }));
    const { saved, texts } = openSaved(path);
    saved.restore();
    expect(texts()).toHaveLength(16);
  });
});
