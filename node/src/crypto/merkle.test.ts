import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../codec/bytes.ts";
import { fromHex, toHex } from "../codec/hex.ts";
import { InvariantError } from "../types/errors.ts";
import { sha256 } from "./hash.ts";
import { MAX_MERKLE_LEAVES, merkleProof, merkleRoot, verifyMerkleProof } from "./merkle.ts";

/** The eight leaves and nine roots that implementations of RFC 6962 are commonly checked with. */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((text) => fromHex(text));
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** The definition of RFC 6962 §2.1, word for word, to hold the code against. */
function definition(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return sha256(Uint8Array.of(0), first);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Uint8Array.of(1), definition(leaves.slice(0, k)), definition(leaves.slice(k)));
}

const lists = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 70 });
const listAndIndex = lists.chain((leaves) =>
  fc.tuple(fc.constant(leaves), fc.integer({ min: 0, max: leaves.length - 1 })),
);

describe("merkleRoot", () => {
  it.each(ROOTS.map((root, size) => ({ root, size })))("of $size leaves", ({ root, size }) => {
    expect(toHex(merkleRoot(LEAVES.slice(0, size)))).toBe(root);
  });

  it("is the definition of RFC 6962", () => {
    fc.assert(
      fc.property(lists, (leaves) => {
        expect(merkleRoot(leaves)).toEqual(definition(leaves));
      }),
    );
  });

  it("tells a list from the same list with its end doubled, and a leaf from a node", () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 70 }), (leaves, count) => {
        const doubled = [...leaves, ...leaves.slice(-count)];
        expect(merkleRoot(doubled)).not.toEqual(merkleRoot(leaves));
      }),
    );
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
    const children = concatBytes(merkleRoot([a]), merkleRoot([b]));
    expect(merkleRoot([children])).not.toEqual(merkleRoot([a, b]));
  });
});

describe("merkleProof and verifyMerkleProof", () => {
  it("prove each leaf at its place", () => {
    fc.assert(
      fc.property(listAndIndex, ([leaves, index]) => {
        const claim = {
          root: merkleRoot(leaves),
          leaf: leaves[index] ?? new Uint8Array(0),
          index,
          size: leaves.length,
          proof: merkleProof(leaves, index),
        };
        expect(verifyMerkleProof(claim)).toBe(true);
        expect(claim.proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(leaves.length)));
      }),
    );
  });

  it("refuse another leaf, place, length, root or proof", () => {
    fc.assert(
      fc.property(listAndIndex, fc.nat(69), fc.nat(255), ([leaves, index], other, byte) => {
        const distinct = leaves.map((leaf, i) => concatBytes(Uint8Array.of(i), leaf));
        const root = merkleRoot(distinct);
        const leaf = distinct[index] ?? new Uint8Array(0);
        const proof = merkleProof(distinct, index);
        const claim = { root, leaf, index, size: distinct.length, proof };
        expect(verifyMerkleProof({ ...claim, leaf: concatBytes(leaf, Uint8Array.of(byte)) })).toBe(
          false,
        );
        expect(verifyMerkleProof({ ...claim, index: other })).toBe(other === index);
        expect(
          verifyMerkleProof({ ...claim, root: root.with(byte & 31, (root[byte & 31] ?? 0) ^ 1) }),
        ).toBe(false);
        expect(verifyMerkleProof({ ...claim, proof: [...proof, root] })).toBe(false);
        if (proof.length > 0) {
          expect(verifyMerkleProof({ ...claim, proof: proof.slice(1) })).toBe(false);
          expect(verifyMerkleProof({ ...claim, proof: proof.with(0, root) })).toBe(false);
          expect(verifyMerkleProof({ ...claim, proof: proof.with(0, root.slice(1)) })).toBe(false);
        }
      }),
    );
  });

  it("bind the size: a proof for one length of list is none for a length with another path", () => {
    const leaves = LEAVES.slice(0, 5);
    const proof = merkleProof(leaves, 4);
    const claim = {
      root: merkleRoot(leaves),
      leaf: LEAVES[4] ?? new Uint8Array(0),
      index: 4,
      proof,
    };
    expect([5, 6, 7, 8, 9, 100].map((size) => verifyMerkleProof({ ...claim, size }))).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it("answer false to numbers that are no index or size", () => {
    const claim = {
      root: merkleRoot(LEAVES),
      leaf: new Uint8Array(0),
      proof: merkleProof(LEAVES, 0),
    };
    const bad: [index: number, size: number][] = [
      [-1, 8],
      [8, 8],
      [0, 0],
      [0.5, 8],
      [0, 8.5],
      [Number.NaN, 8],
      [0, Number.POSITIVE_INFINITY],
      [0, MAX_MERKLE_LEAVES * 8],
      [2 ** 32, 2 ** 33],
    ];
    for (const [index, size] of bad)
      expect(verifyMerkleProof({ ...claim, index, size })).toBe(false);
    expect(verifyMerkleProof({ ...claim, index: 0, size: 8 })).toBe(true);
    expect(() => merkleProof(LEAVES, 8)).toThrow(InvariantError);
  });
});
