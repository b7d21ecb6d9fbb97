import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../codec/bytes.ts";
import { fromHex, toHex } from "../codec/hex.ts";
import { sha256 } from "./hash.ts";
import { merkleRoot } from "./merkle.ts";

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
