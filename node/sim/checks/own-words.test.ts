// That each thing which an honest validator does not stand for can be seen.

import { expect, it } from "vitest";
import { toHex } from "../../src/codec/hex.ts";
import type { Block } from "../../src/types/chain.ts";
import type { Evidence } from "../../src/types/evidence.ts";
import { chainOf, keyOf } from "../world/chain.ts";
import { OwnWords } from "./own-words.ts";

const chain = chainOf(4);
const CULPRIT = 3;
const machine = { options: { index: 0 }, height: 4 };
const other = { options: { index: 1 }, height: 4 };
const [A, B] = [1, 2].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];

const request = (height: number, round: number, step: 1 | 2) => ({
  height,
  round,
  step,
  signBytes: A,
});

/** A block of round 0, as far as it is looked at. */
const blockOf = (proposer: number, height: number, convicted: readonly number[] = []): Block => {
  const evidence = convicted.map((index) => ({ publicKey: keyOf(chain, index).publicKey }));
  const header = { height, round: 0, proposer: keyOf(chain, proposer).publicKey };
  return { header, evidence: evidence as Evidence[], transactions: [] } as unknown as Block;
};

function judge(act: (words: OwnWords) => void): readonly string[] {
  const reported: string[] = [];
  const report = (what: string) => reported.push(what);
  act(new OwnWords({ chain, culprits: new Set([CULPRIT]), report }));
  return reported;
}

it("signs nothing at a height that is decided", () => {
  const signing = (height: number) =>
    judge((words) => words.signs(machine, request(height, 1, 2), A));
  expect(signing(5)).toEqual([]);
  expect(signing(4)).toEqual(["signs: validator 0 signs at 4/1, and 4 is decided"]);
});

it("signs nothing soon after a height that it may have signed at before its disk was lost", () => {
  const signing = (height: number) =>
    judge((words) => {
      words.signs(machine, request(7, 0, 2), A);
      words.wiped(machine);
      words.signs({ ...machine }, request(7, 0, 2), A);
      words.signs(machine, request(height, 0, 2), A);
    });
  expect(signing(13)).toEqual([]);
  expect(signing(12)).toEqual([
    "signs: validator 0 signs at 12/0, as it may have before its disk was lost",
  ]);
});

it("has proposed what is decided in its name", () => {
  const decided = (proposer: number, hash: Uint8Array) =>
    judge((words) => {
      words.signs(machine, request(5, 0, 1), A);
      words.decided(blockOf(proposer, 5), hash);
    });
  expect(decided(0, A)).toEqual([]);
  expect(decided(CULPRIT, B)).toEqual([]);
  expect(decided(0, B)).toEqual(["proposed: validator 0 never proposed what is decided of 5/0"]);
});

it("finds no fault with what another honest one proposed, but that it is untimely", () => {
  const refused = (round: number, reason: string) =>
    judge((words) => {
      words.signs(machine, request(5, 0, 1), A);
      words.refuses(other, { height: 5, round, reason });
    });
  const REASON = "the ledger refuses the block";
  expect(refused(0, REASON)).toEqual([`refused: validator 1 at 5/0, an honest one's: ${REASON}`]);
  expect(refused(1, REASON)).toEqual([]);
  expect(refused(0, "stamped 800 ms from the local clock")).toEqual([]);
});

it("puts the evidence that it had when its round began into its block", () => {
  const culprit = toHex(keyOf(chain, CULPRIT).publicKey);
  const decided = (evidenceHeight: number, carried: readonly number[], before?: Block) =>
    judge((words) => {
      if (before !== undefined) words.decided(before, A);
      words.accuses(machine, culprit, evidenceHeight);
      words.enters(machine, { height: 6, round: 0 });
      words.signs(machine, request(6, 0, 1), A);
      words.decided(blockOf(0, 6, carried), A);
    });
  expect(decided(5, [CULPRIT])).toEqual([]);
  expect(decided(5, [])).toEqual(["evidence: validator 0 has some and leaves it out of 6"]);
  // It counts from the height after the one that it is of; and once.
  expect(decided(6, [])).toEqual([]);
  expect(decided(4, [], blockOf(CULPRIT, 5, [CULPRIT]))).toEqual([]);
});

it("may keep a piece that others have shown it first", () => {
  const culprit = toHex(keyOf(chain, CULPRIT).publicKey);
  const reported = judge((words) => {
    words.hears(machine, culprit);
    words.accuses(machine, culprit, 5);
    words.enters(machine, { height: 6, round: 0 });
    words.signs(machine, request(6, 0, 1), A);
    words.decided(blockOf(0, 6), A);
  });
  expect(reported).toEqual([]);
});
