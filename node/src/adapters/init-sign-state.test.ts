// The one beginning of a sign state: never over another, never beside a trace of a signature, and new for
// the signer that opens it.

import { describe, expect, it } from "vitest";
import { openSigningKey } from "../crypto/keys.ts";
import type { SignRequest } from "../ports.ts";
import { CodedError } from "../types/errors.ts";
import { guardKey } from "./file-signer.ts";
import { type InitOptions, initSignState } from "./init-sign-state.ts";
import { MemoryDisk } from "./memory/memory-disk.ts";

const statePath = "/d/sign-state";
const genesisHash = new Uint8Array(32).fill(1);
const otherGenesis = new Uint8Array(32).fill(2);
const key = openSigningKey(new Uint8Array(32).fill(7));
const otherKey = openSigningKey(new Uint8Array(32).fill(8));

const init = (disk: MemoryDisk, options: Partial<InitOptions> = {}) =>
  initSignState({
    statePath,
    genesisHash,
    publicKey: key.publicKey,
    seenHeight: 0,
    disk,
    ...options,
  });

const open = (disk: MemoryDisk, seen = 0, genesis = genesisHash) =>
  guardKey(key, { statePath, genesisHash: genesis, seenHeight: () => seen, disk });

const request = (height: number): SignRequest => ({
  height,
  round: 0,
  step: 2,
  signBytes: Uint8Array.of(height),
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

describe("initSignState", () => {
  it("begins a state that is new, until the first signature", () => {
    const disk = new MemoryDisk();
    expect(init(disk)).toBe("begun");
    expect(open(disk)).toMatchObject({ last: undefined, isLost: false, minHeight: 0 });
    open(disk).sign(request(4));
    expect(open(disk, 4)).toMatchObject({ last: { height: 4 }, isLost: false });
  });

  it("is lost where nobody called it, also after a restart", () => {
    const disk = new MemoryDisk();
    expect(open(disk).isLost).toBe(true);
    expect(open(disk).isLost).toBe(true);
    open(disk).sign(request(30));
    expect(open(disk, 30).isLost).toBe(false);
  });

  it("never replaces a state, new, kept or lost", () => {
    const disk = new MemoryDisk();
    init(disk);
    expect(init(disk)).toBe("kept");
    open(disk).sign(request(4));
    for (const signedUpTo of [undefined, 0, 9]) expect(init(disk, { signedUpTo })).toBe("kept");
    expect(open(disk, 4).last).toMatchObject({ height: 4 });
    const lost = new MemoryDisk();
    open(lost);
    expect(init(lost)).toBe("lost");
    expect(open(lost).isLost).toBe(true);
  });

  it("begins nothing beside chain data that shows a signature", () => {
    const disk = new MemoryDisk();
    expect(codeOf(() => init(disk, { seenHeight: 3 }))).toBe("SIGN_STATE_MISSING");
    expect(codeOf(() => init(disk, { seenHeight: 3, signedUpTo: 2 }))).toBe("SIGN_STATE_MISSING");
    expect(disk.paths()).toEqual([]);
  });

  it("takes a person's word for what was lost, as a floor that no start lowers", () => {
    const disk = new MemoryDisk();
    open(disk);
    expect(init(disk, { signedUpTo: 12, seenHeight: 12 })).toBe("begun");
    const signer = open(disk, 12);
    expect(signer).toMatchObject({ last: undefined, isLost: false, minHeight: 12 });
    expect(signer.sign(request(12))).toMatchObject({ code: "SIGN_REGRESSION" });
    expect(signer.sign(request(13)).ok).toBe(true);
  });

  it("never lowers the floor of a lost state", () => {
    const disk = new MemoryDisk();
    guardKey(key, { statePath, genesisHash, seenHeight: () => 0, minHeight: 50, disk });
    expect(init(disk, { signedUpTo: 0 })).toBe("begun");
    expect(open(disk).minHeight).toBe(50);
  });

  it("keeps the state of another genesis aside, and finds one that waits there", () => {
    const disk = new MemoryDisk();
    init(disk);
    open(disk).sign(request(9));
    expect(init(disk, { genesisHash: otherGenesis })).toBe("begun");
    expect(open(disk, 0, otherGenesis).isLost).toBe(false);
    expect(init(disk)).toBe("kept");
    expect(open(disk, 9).last).toMatchObject({ height: 9 });
  });

  it("is refused beside the state of another key under this genesis", () => {
    const disk = new MemoryDisk();
    init(disk, { publicKey: otherKey.publicKey });
    expect(codeOf(() => init(disk))).toBe("SIGN_STATE_MISSING");
  });

  it("is refused beside a damaged state", () => {
    const disk = new MemoryDisk();
    disk.place(statePath, Uint8Array.of(1, 2, 3));
    expect(codeOf(() => init(disk, { signedUpTo: 5 }))).toBe("SIGN_STATE_DAMAGED");
  });
});

describe("a new state that chain data has overtaken", () => {
  it("is an older copy and refuses the start", () => {
    const disk = new MemoryDisk();
    init(disk);
    expect(codeOf(() => open(disk, 3))).toBe("SIGN_STATE_OLD");
  });
});
