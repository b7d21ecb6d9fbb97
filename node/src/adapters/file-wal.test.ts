import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { walConformance } from "../../test/wal-conformance.ts";
import type { Wal } from "../ports.ts";
import { CodedError } from "../types/errors.ts";
import { openFileWal } from "./file-wal.ts";
import { ALL_CRASHES, DiskCrash, MemoryDisk } from "./memory/memory-disk.ts";
import { MemoryWal } from "./memory/memory-wal.ts";
import { WAL_HEADER_BYTES } from "./wal-format.ts";

const root = mkdtempSync(join(tmpdir(), "timecoin-wal-"));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
const newPath = (): string => join(root, `wal-${count++}`);
const genesisHash = new Uint8Array(32).fill(3);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

walConformance("memory", () => {
  const wal = new MemoryWal();
  return { open: () => wal, crash: () => wal.crash(0) };
});

walConformance("file on a crashing disk", () => {
  const disk = new MemoryDisk();
  return {
    open: () => openFileWal({ path: "/data/wal", genesisHash, disk }),
    crash: () => disk.crash("nothing"),
  };
});

walConformance("file", () => {
  const path = newPath();
  let saved = Buffer.alloc(0);
  return {
    // What a process leaves that dies: the file as it is, no close().
    open: () => openFileWal({ path, genesisHash }),
    crash: () => {
      saved = readFileSync(path);
      writeFileSync(path, saved);
    },
  };
});

describe("a file in memory that crashes", () => {
  it("keeps whole records when a torn tail survived", () => {
    const wal = new MemoryWal();
    wal.reset(1);
    for (const value of [1, 2, 3]) wal.append(bytes(value));
    wal.sync();
    for (const value of [4, 5]) wal.append(bytes(value));
    wal.crash(1);
    expect(wal.replay(1)).toEqual([1, 2, 3, 4].map((value) => bytes(value)));
  });
});

/** A log of height 4 with one record a sync. */
const writtenLog = (records: readonly Uint8Array[]): string => {
  const path = newPath();
  const wal = openFileWal({ path, genesisHash });
  wal.reset(4);
  for (const record of records) {
    wal.append(record);
    wal.sync();
  }
  wal.close();
  return path;
};

const failureOf = (act: () => unknown): CodedError => {
  try {
    act();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

/** What is said of a damaged log as it is opened: it is kept under another name, and a new one begun. */
const damageOf = (path: string, damaged: Uint8Array): CodedError => {
  const wal = openFileWal({ path, genesisHash });
  expect(wal.replay(4)).toEqual([]);
  expect(wal.height).toBe(0);
  wal.reset(9);
  wal.append(bytes(5));
  wal.sync();
  wal.close();
  expect(openFileWal({ path, genesisHash }).replay(9)).toEqual([bytes(5)]);
  expect(readFileSync(`${path}.damaged`)).toEqual(Buffer.from(damaged));
  if (wal.damage === undefined) throw new Error("nothing was set aside");
  return wal.damage;
};

describe("a damaged file", () => {
  const records = [bytes(1, 1, 1), bytes(2, 2, 2, 2), bytes(3), bytes(4, 4)];

  it("whose last record is torn at any byte loses that record alone, and goes on", () => {
    const whole = statSync(writtenLog(records)).size;
    const last = whole - (12 + 2);
    for (let size = last; size < whole; size++) {
      const path = writtenLog(records);
      truncateSync(path, size);
      const wal = openFileWal({ path, genesisHash });
      expect(wal.replay(4)).toEqual(records.slice(0, 3));
      wal.append(bytes(9));
      wal.sync();
      wal.close();
      expect(openFileWal({ path, genesisHash }).replay(4)).toEqual([
        ...records.slice(0, 3),
        bytes(9),
      ]);
    }
  });

  it("with any bit turned before its last record is not replayed, whatever bit", () => {
    const path = writtenLog(records);
    const intact = readFileSync(path);
    const lastStart = intact.length - (12 + 2);
    for (let at = 0; at < lastStart; at++) {
      const damaged = Buffer.from(intact);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(path, damaged);
      const isVersion = at === 7;
      const found = isVersion
        ? failureOf(() => openFileWal({ path, genesisHash }))
        : damageOf(path, damaged);
      expect(found.code).toBe(isVersion ? "WAL_VERSION" : "WAL_CORRUPT");
      expect(found.message).toContain(path);
      expect(found.action).not.toBe("");
    }
  });

  it("with a hole in its middle is set aside with the place", () => {
    const path = writtenLog(records);
    const damaged = readFileSync(path);
    damaged.fill(0, WAL_HEADER_BYTES, WAL_HEADER_BYTES + 15);
    writeFileSync(path, damaged);
    expect(damageOf(path, damaged).message).toContain(`byte ${WAL_HEADER_BYTES}`);
  });

  it("with a hole in the last unsynced write, whose later pages survived, is only torn", () => {
    const disk = new MemoryDisk();
    const wal = openFileWal({ path: "/d/wal", genesisHash, disk });
    wal.reset(4);
    wal.append(bytes(1));
    wal.sync();
    const before = disk.read("/d/wal")?.length ?? 0;
    for (let i = 0; i < 5; i++) wal.append(new Uint8Array(50).fill(i));
    wal.sync();
    const file = disk.read("/d/wal") ?? bytes();
    disk.place("/d/wal", file.fill(0, before, before + 60));
    expect(openFileWal({ path: "/d/wal", genesisHash, disk }).replay(4)).toEqual([bytes(1)]);
  });

  it.each([
    ["empty", 0],
    ["shorter than a header", 20],
  ])("that is %s is set aside", (_, size) => {
    const path = writtenLog(records);
    truncateSync(path, size);
    expect(damageOf(path, readFileSync(path)).code).toBe("WAL_CORRUPT");
  });

  it("of another genesis is moved aside", () => {
    const path = writtenLog(records);
    const wal = openFileWal({ path, genesisHash: new Uint8Array(32).fill(5) });
    expect(wal.replay(4)).toEqual([]);
    expect(readFileSync(`${path}.03030303`).length).toBeGreaterThan(WAL_HEADER_BYTES);
  });
});

describe("limits and failures", () => {
  it("takes and opens a log of any size: 80 MiB", () => {
    const path = newPath();
    const wal = openFileWal({ path, genesisHash });
    wal.reset(1);
    const record = new Uint8Array(1024 * 1024).fill(7);
    for (let i = 0; i < 80; i++) {
      wal.append(record);
      if (i % 20 === 19) wal.sync();
    }
    wal.close();
    const again = openFileWal({ path, genesisHash });
    expect(again.damage).toBeUndefined();
    const records = again.replay(1);
    expect(records.length).toBe(80);
    expect(records.every((one) => Buffer.compare(one, record) === 0)).toBe(true);
    again.append(bytes(1));
    again.sync();
    expect(again.replay(1)).toHaveLength(81);
    again.close();
    rmSync(path);
  });

  it("keeps records of any size apart, collected and durable, and none that is changed later", () => {
    const wal = openFileWal({ path: newPath(), genesisHash });
    wal.reset(1);
    const records = [10, 9_000, 0, 200_000, 70_000, 5].map((size, i) =>
      new Uint8Array(size).fill(i + 1),
    );
    for (const [place, record] of records.entries()) {
      const given = record.slice();
      wal.append(given);
      given.fill(99);
      if (place % 3 === 2) wal.sync();
      expect(wal.replay(1)).toEqual(records.slice(0, place + 1));
    }
    const collected = wal.replay(1);
    wal.reset(2);
    wal.append(new Uint8Array(300_000).fill(8));
    expect(collected).toEqual(records);
    wal.sync();
    expect(wal.replay(2)).toHaveLength(1);
  });

  it("names a full disk, does nothing more until reopened, and has lost nothing synced", () => {
    const disk = new MemoryDisk();
    const wal = openFileWal({ path: "/d/wal", genesisHash, disk });
    wal.reset(1);
    wal.append(bytes(1));
    wal.sync();
    disk.fill(true);
    wal.append(bytes(2));
    expect(failureOf(() => wal.sync()).code).toBe("WAL_DISK_FULL");
    disk.fill(false);
    expect(failureOf(() => wal.sync()).code).toBe("WAL_DISK_FULL");
    expect(failureOf(() => wal.append(bytes(3))).code).toBe("WAL_DISK_FULL");
    const again = openFileWal({ path: "/d/wal", genesisHash, disk });
    expect(again.replay(1)).toEqual([bytes(1)]);
  });

  it("names a directory that is not there", () => {
    const wal = openFileWal({ path: join(root, "missing", "wal"), genesisHash });
    expect(failureOf(() => wal.sync()).code).toBe("WAL_IO");
  });
});

// The promise itself: whatever the moment of the crash and whatever the disk kept of what was not
// synced, the log reopens with all that was synced, then some of what was appended after, in order.
describe("a crash at any operation", () => {
  type Act = { readonly kind: "append" | "sync" | "reset"; readonly value: number };
  const acts: fc.Arbitrary<Act[]> = fc.array(
    fc.record({
      kind: fc.constantFrom("append", "append", "append", "sync", "sync", "reset"),
      value: fc.integer({ min: 0, max: 255 }),
    }),
    { minLength: 1, maxLength: 30 },
  );

  const perform = (wal: Wal, script: readonly Act[], synced: () => void): void => {
    let height = 0;
    for (const { kind, value } of script) {
      if (kind === "append") wal.append(new Uint8Array(value % 40).fill(value));
      else if (kind === "reset") wal.reset(++height);
      else wal.sync();
      if (kind === "sync") synced();
    }
  };

  /** The logs that the script makes: one at each sync, and the records since. */
  const expected = (script: readonly Act[]) => {
    const logs: { height: number; records: Uint8Array[]; synced: number }[] = [
      { height: 0, records: [], synced: 0 },
    ];
    for (const { kind, value } of script) {
      const log = logs.at(-1) ?? { height: 0, records: [], synced: 0 };
      if (kind === "append") log.records.push(new Uint8Array(value % 40).fill(value));
      else if (kind === "reset") logs.push({ height: log.height + 1, records: [], synced: -1 });
      else log.synced = log.records.length;
    }
    return logs;
  };

  const survives = (newDisk: () => MemoryDisk) =>
    fc.property(acts, fc.nat(60), fc.constantFrom(...ALL_CRASHES), (script, dieAt, keeps) => {
      const disk = newDisk();
      disk.dieBefore(dieAt);
      let done = 0;
      try {
        const wal = openFileWal({ path: "/d/wal", genesisHash, disk });
        perform(wal, script, () => done++);
      } catch (error) {
        const cause = error instanceof CodedError ? error.cause : error;
        if (!(cause instanceof DiskCrash)) throw error;
      }
      disk.crash(keeps);
      const wal = openFileWal({ path: "/d/wal", genesisHash, disk });
      // Everything up to the last sync that returned is there...
      const promised = expected(script.slice(0, endOfSync(script, done))).findLast(
        ({ synced }) => synced >= 0,
      );
      // ...then at most what the next sync would have made durable...
      const possible = expected(script.slice(0, endOfSync(script, done + 1))).filter(
        ({ height }) => height >= (promised?.height ?? 0),
      );
      const fits = possible.some(({ height, records }) => {
        const found = wal.replay(height);
        const least = height === promised?.height ? promised.synced : 0;
        return found.length >= least && found.every((record, i) => sameBytes(record, records[i]));
      });
      expect(fits).toBe(true);
      // ...and nothing of an older height beside it.
      for (let height = 0; height < (promised?.height ?? 0); height++) {
        expect(wal.replay(height)).toEqual([]);
      }
    });

  it("leaves all that was synced and a prefix of the rest", () => {
    fc.assert(
      survives(() => new MemoryDisk()),
      { numRuns: 2_000 },
    );
  });

  it("would be noticed to lose records on a disk that only pretends to sync", () => {
    class PretendingDisk extends MemoryDisk {
      override sync(): void {}
    }
    class NamelessDisk extends MemoryDisk {
      override syncDirectory(): void {}
    }
    expect(
      fc.check(
        survives(() => new PretendingDisk()),
        { numRuns: 2_000 },
      ).failed,
    ).toBe(true);
    expect(
      fc.check(
        survives(() => new NamelessDisk()),
        { numRuns: 2_000 },
      ).failed,
    ).toBe(true);
  });

  const sameBytes = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
    b !== undefined && Buffer.compare(a, b) === 0;

  /** Where the n-th sync of the script ends; its end where there are fewer. */
  const endOfSync = (script: readonly Act[], n: number): number => {
    let syncs = 0;
    if (n === 0) return 0;
    for (const [i, { kind }] of script.entries()) {
      if (kind === "sync" && ++syncs === n) return i + 1;
    }
    return script.length;
  };
});
