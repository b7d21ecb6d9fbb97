import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { toHex } from "../codec/hex.ts";
import { formatSeed } from "../crypto/key-file.ts";
import { openSigningKey } from "../crypto/keys.ts";
import { publicKeyOf } from "../crypto/pure-keys.ts";
import { verifySignature } from "../crypto/verify.ts";
import type { LastingSigner, SignRequest, SignStep } from "../ports.ts";
import { CodedError } from "../types/errors.ts";
import { type FileSignerOptions, guardKey, openFileSigner } from "./file-signer.ts";
import { ALL_CRASHES, DiskCrash, MemoryDisk } from "./memory/memory-disk.ts";
import { MemorySigner } from "./memory/memory-signer.ts";

const seed = (): Uint8Array => new Uint8Array(32).fill(7);
const genesisHash = new Uint8Array(32).fill(1);
const otherGenesis = new Uint8Array(32).fill(2);
const keyPath = "/d/key.json";
const statePath = "/d/sign-state.json";

const diskWithKey = (disk = new MemoryDisk()): MemoryDisk => {
  disk.place(keyPath, new TextEncoder().encode(formatSeed(seed())));
  return disk;
};
const open = (disk: MemoryDisk, options: Partial<FileSignerOptions> = {}) =>
  openFileSigner({ keyPath, statePath, genesisHash, seenHeight: () => 0, disk, ...options });

const request = (height: number, round: number, step: SignStep, text = "a"): SignRequest => ({
  height,
  round,
  step,
  signBytes: new TextEncoder().encode(text),
});
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
  throw new Error("nothing was thrown");
};

const signers: readonly [string, () => LastingSigner][] = [
  ["file", () => open(diskWithKey())],
  [
    "memory",
    () => new MemorySigner({ publicKey: new Uint8Array(32), sign: (m) => Uint8Array.from(m) }),
  ],
];
describe.each(signers)("%s signer: the guard", (_, newSigner) => {
  it("forgets, and signs nothing at or below what it was told of or had signed", () => {
    for (const [told, floor] of [
      [9, 9],
      [3, 5],
    ] as const) {
      const signer = newSigner();
      signer.sign(request(5, 0, 2));
      signer.forget(told);
      expect([signer.last, signer.isLost, signer.minHeight]).toEqual([undefined, true, floor]);
      expect(signer.sign(request(floor, 9, 3))).toMatchObject({ code: "SIGN_REGRESSION" });
      expect(signer.sign(request(5, 0, 2))).toMatchObject({ code: "SIGN_REGRESSION" });
      expect(signer.sign(request(floor + 1, 0, 1)).ok).toBe(true);
      expect([signer.last?.height, signer.isLost]).toEqual([floor + 1, false]);
    }
  });

  it("signs what moves on in height, round or step", () => {
    const signer = newSigner();
    const places: readonly [number, number, SignStep][] = [
      [1, 0, 1],
      [1, 0, 2],
      [1, 0, 3],
      [1, 1, 1],
      [1, 5, 2],
      [2, 0, 1],
    ];
    for (const place of places) expect(signer.sign(request(...place)).ok).toBe(true);
  });

  it("knows what the key signed last", () => {
    const signer = newSigner();
    expect(signer.last).toBeUndefined();
    signer.sign(request(4, 1, 2));
    signer.sign(request(4, 0, 2));
    expect(signer.last).toMatchObject({ height: 4, round: 1, step: 2 });
  });

  it("gives the stored signature for the same bytes again", () => {
    const signer = newSigner();
    expect(signer.sign(request(1, 0, 2))).toEqual(signer.sign(request(1, 0, 2)));
  });

  it("refuses other bytes at the same place", () => {
    const signer = newSigner();
    signer.sign(request(1, 0, 2, "a"));
    expect(signer.sign(request(1, 0, 2, "b"))).toMatchObject({ ok: false, code: "SIGN_CONFLICT" });
  });

  it.each([
    [4, 9, 3],
    [5, 1, 3],
    [5, 2, 1],
  ] as const)("refuses to go back to %i/%i/%i, also with the same bytes", (h, r, s) => {
    const signer = newSigner();
    signer.sign(request(h, r, s));
    signer.sign(request(5, 2, 2));
    expect(signer.sign(request(h, r, s))).toMatchObject({ ok: false, code: "SIGN_REGRESSION" });
    expect(signer.sign(request(5, 2, 2)).ok).toBe(true);
  });

  it("keeps its own copy of what was signed", () => {
    const signer = newSigner();
    const first = request(1, 0, 2, "a");
    signer.sign(first);
    first.signBytes.fill(0);
    expect(signer.sign(first)).toMatchObject({ ok: false, code: "SIGN_CONFLICT" });
  });
});

describe("file signer", () => {
  it("signs with the key of the file, and the signature verifies", () => {
    const signer = open(diskWithKey());
    expect(signer.publicKey).toEqual(publicKeyOf(seed()));
    const { signBytes } = request(1, 0, 1);
    const result = signer.sign(request(1, 0, 1));
    expect(result.ok && verifySignature(result.signature, signBytes, signer.publicKey)).toBe(true);
  });

  it("remembers over a restart", () => {
    const disk = diskWithKey();
    const first = open(disk).sign(request(3, 1, 2));
    const again = open(disk, { seenHeight: () => 3 });
    expect(again.sign(request(3, 1, 2))).toEqual(first);
    expect(again.sign(request(3, 1, 2, "b"))).toMatchObject({ code: "SIGN_CONFLICT" });
    expect(again.sign(request(3, 1, 1))).toMatchObject({ code: "SIGN_REGRESSION" });
  });

  it("begins a state at the first start", () => {
    const disk = diskWithKey();
    open(disk);
    expect(disk.paths()).toContain(statePath);
    expect(open(disk).sign(request(1, 0, 1)).ok).toBe(true);
  });

  it("refuses to begin one where the chain data shows signatures of the key, unless it is given a floor", () => {
    const disk = diskWithKey();
    const seenHeight = () => 50;
    expect(codeOf(() => open(disk, { seenHeight }))).toBe("SIGN_STATE_MISSING");
    expect(codeOf(() => open(disk, { seenHeight, minHeight: 49 }))).toBe("SIGN_STATE_MISSING");
    expect(disk.paths()).not.toContain(statePath);
    const signer = open(disk, { seenHeight, minHeight: 50 });
    expect(signer.sign(request(50, 0, 1))).toMatchObject({ code: "SIGN_REGRESSION" });
    expect(signer.sign(request(51, 0, 1)).ok).toBe(true);
    expect(open(disk, { seenHeight: () => 51 }).minHeight).toBe(50);
  });

  it("refuses a state that ends below what the chain data shows, unless it is given a floor", () => {
    const disk = diskWithKey();
    open(disk).sign(request(9, 0, 2));
    const seenHeight = () => 30;
    expect(codeOf(() => open(disk, { seenHeight }))).toBe("SIGN_STATE_OLD");
    const signer = open(disk, { seenHeight, minHeight: 30 });
    expect(signer.sign(request(30, 0, 3))).toMatchObject({ code: "SIGN_REGRESSION" });
    expect(signer.sign(request(31, 0, 1)).ok).toBe(true);
  });

  it("lets a state that began after a loss stand beside older signatures: it is held elsewhere", () => {
    const disk = diskWithKey();
    open(disk);
    expect(open(disk, { seenHeight: () => 30 }).last).toBeUndefined();
  });

  it("knows after a restart that it has forgotten, and is not refused beside later signatures", () => {
    const disk = diskWithKey();
    const signer = open(disk);
    signer.sign(request(9, 0, 2));
    signer.forget(20);
    const again = open(disk, { seenHeight: () => 30 });
    expect([again.last, again.isLost, again.minHeight]).toEqual([undefined, true, 20]);
    expect(again.sign(request(20, 0, 3))).toMatchObject({ code: "SIGN_REGRESSION" });
  });

  it("keeps the floor when a later start does not name it, and never lowers it", () => {
    const disk = diskWithKey();
    open(disk, { minHeight: 50 });
    expect(open(disk).sign(request(50, 0, 1))).toMatchObject({ code: "SIGN_REGRESSION" });
    const lower = open(disk, { minHeight: 10 }).sign(request(20, 0, 1));
    expect(lower).toMatchObject({ code: "SIGN_REGRESSION" });
    const raised = open(disk, { minHeight: 60 }).sign(request(55, 0, 1));
    expect(raised).toMatchObject({ code: "SIGN_REGRESSION" });
    expect(open(disk).sign(request(60, 0, 1))).toMatchObject({ code: "SIGN_REGRESSION" });
  });

  it("begins anew under another genesis, keeps the old state and finds it when it comes back", () => {
    const disk = diskWithKey();
    open(disk).sign(request(9, 0, 2));
    const seen = { genesisHash: otherGenesis, seenHeight: () => 7 };
    expect(codeOf(() => open(disk, seen))).toBe("SIGN_STATE_MISSING");
    const other = open(disk, { genesisHash: otherGenesis });
    expect(other.last).toBeUndefined();
    expect(other.sign(request(1, 0, 2)).ok).toBe(true);
    expect(codeOf(() => open(disk, { seenHeight: () => 10 }))).toBe("SIGN_STATE_OLD");
    const back = open(disk, { seenHeight: () => 9 });
    expect(back.last).toMatchObject({ height: 9 });
    expect(back.sign(request(9, 0, 2, "b"))).toMatchObject({ code: "SIGN_CONFLICT" });
  });

  it("does not sign beside the state of another key without a floor", () => {
    const disk = diskWithKey();
    open(disk).sign(request(9, 0, 2));
    const otherKey = new Uint8Array(32).fill(8);
    disk.place(keyPath, new TextEncoder().encode(formatSeed(otherKey)));
    expect(codeOf(() => open(disk))).toBe("SIGN_STATE_MISSING");
    expect(open(disk, { minHeight: 9 }).sign(request(10, 0, 1)).ok).toBe(true);
  });

  it("refuses to start with a damaged state, whatever byte is damaged or missing", () => {
    const disk = diskWithKey();
    open(disk).sign(request(9, 0, 2));
    const intact = disk.read(statePath) ?? new Uint8Array(0);
    const key = openSigningKey(seed());
    const options = { statePath, genesisHash, seenHeight: () => 0, disk };
    // The final newline carries nothing.
    for (let at = 0; at < intact.length - 1; at++) {
      const damaged = Uint8Array.from(intact);
      damaged[at] = (damaged[at] ?? 0) ^ 0x01;
      disk.place(statePath, damaged);
      expect(codeOf(() => guardKey(key, options))).toBe("SIGN_STATE_DAMAGED");
      disk.place(statePath, intact.subarray(0, at));
      expect(codeOf(() => guardKey(key, options))).toBe("SIGN_STATE_DAMAGED");
    }
  });

  it("signs nothing after a disk error, until it is opened again", () => {
    const disk = diskWithKey();
    const signer = open(disk);
    disk.fill(true);
    expect(codeOf(() => signer.sign(request(1, 0, 1)))).toBe("SIGN_DISK");
    disk.fill(false);
    expect(codeOf(() => signer.sign(request(1, 0, 2)))).toBe("SIGN_DISK");
    expect(open(disk).sign(request(1, 0, 1)).ok).toBe(true);
  });

  it("never shows the seed in an error", () => {
    const disk = diskWithKey();
    const text = new TextDecoder().decode(disk.read(keyPath)).replace('"type"', '"tipe"');
    disk.place(keyPath, new TextEncoder().encode(text));
    try {
      open(disk);
      throw new Error("opened");
    } catch (error) {
      expect(error).toMatchObject({ code: "KEY_FILE_DAMAGED" });
      expect(String(error)).not.toContain(toHex(seed()));
    }
  });

  it("names a missing key file", () => {
    expect(codeOf(() => open(new MemoryDisk()))).toBe("KEY_FILE_UNREADABLE");
  });
});

describe("file signer on a real disk", () => {
  const root = mkdtempSync(join(tmpdir(), "timecoin-signer-"));
  afterAll(() => rmSync(root, { recursive: true }));

  it("writes the state for its owner alone and leaves no other file", () => {
    const paths = { keyPath: join(root, "key.json"), statePath: join(root, "state.json") };
    writeFileSync(paths.keyPath, formatSeed(seed()));
    const signer = openFileSigner({ ...paths, genesisHash, seenHeight: () => 0 });
    for (let height = 1; height <= 20; height++) signer.sign(request(height, 0, 2));
    signer.close();
    expect(readdirSync(root).toSorted()).toEqual(["key.json", "state.json"]);
    expect(statSync(paths.statePath).mode & 0o777).toBe(0o600);
    expect(readFileSync(paths.statePath, "utf8")).not.toContain(toHex(seed()));
    const again = openFileSigner({ ...paths, genesisHash, seenHeight: () => 20 });
    expect(again.sign(request(20, 0, 1))).toMatchObject({ code: "SIGN_REGRESSION" });
  });
});

// The promise: however often it crashes, at whatever operation, and whatever the disk kept of what was
// not synced, no two different byte strings are ever released with a signature for one place.
describe("crashes while signing", () => {
  const steps = fc.array(
    fc.record({
      height: fc.integer({ min: 1, max: 3 }),
      round: fc.integer({ min: 0, max: 1 }),
      step: fc.constantFrom<SignStep>(1, 2, 3),
      text: fc.constantFrom("a", "b"),
      // Operations of one signature: create, write, sync, rename, sync of the directory, and past it.
      dieIn: fc.option(fc.integer({ min: 0, max: 5 })),
      keeps: fc.constantFrom(...ALL_CRASHES),
    }),
    { minLength: 2, maxLength: 25 },
  );

  // One key for all runs: guarded memory is scarce, and the state is what is tested.
  const key = openSigningKey(seed());
  const reopen = (disk: MemoryDisk) =>
    guardKey(key, { statePath, genesisHash, seenHeight: () => 0, disk });

  const neverTwo = (newDisk: () => MemoryDisk) =>
    fc.property(steps, (script) => {
      const disk = newDisk();
      const released = new Map<string, string>();
      let signer = reopen(disk);
      for (const { height, round, step, text, dieIn, keeps } of script) {
        if (dieIn !== null) disk.dieBefore(disk.operations + dieIn);
        try {
          const result = signer.sign(request(height, round, step, text));
          const place = `${height}/${round}/${step}`;
          if (result.ok) {
            expect(released.get(place) ?? text).toBe(text);
            released.set(place, text);
          }
        } catch (error) {
          if (!(error instanceof CodedError && error.cause instanceof DiskCrash)) throw error;
        }
        if (dieIn === null) continue;
        disk.crash(keeps);
        signer = reopen(disk);
      }
    });

  it("never release two signatures for one place", () => {
    fc.assert(
      neverTwo(() => new MemoryDisk()),
      { numRuns: 1_000 },
    );
  });

  it("would be noticed to, without the sync of the file or of the directory", () => {
    class PretendingDisk extends MemoryDisk {
      override sync(): void {}
    }
    class NamelessDisk extends MemoryDisk {
      override syncDirectory(): void {}
    }
    for (const newDisk of [() => new PretendingDisk(), () => new NamelessDisk()]) {
      // Lost names and torn contents may also keep the signer from opening, which is a failure, too.
      expect(fc.check(neverTwo(newDisk), { numRuns: 1_000 }).failed).toBe(true);
    }
  });
});
