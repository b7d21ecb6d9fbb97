import { describe, expect, it } from "vitest";
import { BLOCK, CERTIFICATE } from "../../test/sample-messages.ts";
import { toHex } from "../codec/hex.ts";
import type { Certificate, CertifiedBlock } from "../types/chain.ts";
import { RecentSigners } from "./recent-signers.ts";

const validators = [0, 1, 2, 3].map((i) => ({
  publicKey: new Uint8Array(32).fill(i + 1),
  nodeKey: new Uint8Array(32).fill(i + 11),
  power: i + 1,
}));
const keys = (...indices: readonly number[]): string[] =>
  indices.map((i) => toHex(new Uint8Array(32).fill(i + 1)));

const commitOf = (height: number, ...indices: readonly number[]): Certificate => ({
  ...CERTIFICATE,
  height,
  signers: validators.map((_, i) => indices.includes(i)),
});

/** Block `height` with the certificates in it and of it, as lists of signers. */
function certified(
  height: number,
  signed: readonly number[],
  before?: readonly number[],
): CertifiedBlock {
  const lastCommit = before === undefined ? undefined : commitOf(height - 1, ...before);
  return { block: { ...BLOCK, lastCommit }, certificate: commitOf(height, ...signed) };
}

const chainOf = (self?: number) => ({
  validators,
  validatorsAt: () => validators,
  selfIndexAt: () => self,
});
const empty = { head: () => undefined, block: () => undefined };

describe("RecentSigners", () => {
  it("knows nobody before the first block", () => {
    const signers = new RecentSigners(chainOf(0), empty);
    expect(signers.recent()).toEqual({ publicKeys: [], power: 0 });
    expect(signers.lastSignedHeight).toBe(0);
  });

  it("counts who signed any of the last three heights, with their power", () => {
    const signers = new RecentSigners(chainOf(), empty);
    signers.add(certified(1, [0]));
    signers.add(certified(2, [1]));
    signers.add(certified(3, [1, 2]));
    expect(signers.recent()).toEqual({ publicKeys: keys(0, 1, 2), power: 6 });
    signers.add(certified(4, [1]));
    expect(signers.recent()).toEqual({ publicKeys: keys(1, 2), power: 5 });
  });

  it("counts those, too, whom only the next block names", () => {
    const signers = new RecentSigners(chainOf(3), empty);
    signers.add(certified(1, [0, 1]));
    signers.add(certified(2, [0, 1], [0, 1, 3]));
    expect(signers.recent().publicKeys).toEqual(keys(0, 1, 3));
    expect(signers.lastSignedHeight).toBe(1);
    signers.add(certified(3, [0, 3], [0, 1]));
    expect(signers.lastSignedHeight).toBe(3);
    signers.add(certified(4, [0, 1], [0, 3]));
    signers.add(certified(5, [0, 1], [0, 1]));
    signers.add(certified(6, [0, 1], [0, 1]));
    expect(signers.recent().publicKeys).toEqual(keys(0, 1));
    expect(signers.lastSignedHeight).toBe(3);
  });

  it("begins with the last blocks of the store", () => {
    const chain = [certified(1, [0]), certified(2, [1]), certified(3, [2]), certified(4, [3])];
    const store = {
      head: () =>
        ({ height: 4 }) as ReturnType<ConstructorParameters<typeof RecentSigners>[1]["head"]>,
      block: (height: number) => chain[height - 1],
    };
    const signers = new RecentSigners(chainOf(2), store);
    expect(signers.recent().publicKeys).toEqual(keys(1, 2, 3));
    expect(signers.lastSignedHeight).toBe(3);
  });
});
