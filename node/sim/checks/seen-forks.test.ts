// That a node which decides beside two commits can be seen.

import { expect, it } from "vitest";
import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import type { Certificate } from "../../src/types/chain.ts";
import { chainOf, keyOf } from "../world/chain.ts";
import { SeenForks } from "./seen-forks.ts";

const HEIGHT = 5;
const NOW_MS = 100;
const chain = chainOf(4);
const machine = { options: { index: 0 }, haltMarker: undefined };

const said = (fill: number) =>
  ({ type: 2, height: HEIGHT, round: 0, blockHash: new Uint8Array(32).fill(fill) }) as const;
const signed = (index: number, fill: number): Uint8Array =>
  keyOf(chain, index).sign(voteSignBytes(chain.genesisHash, said(fill)));

const commitOf = (fill: number, signers: readonly number[] = [0, 1, 2]): Certificate => ({
  ...said(fill),
  signers: chain.set.map((_, index) => signers.includes(index)),
  signatures: signers.map((index) => signed(index, fill)),
});

type Show = (forks: SeenForks) => void;

const certificates =
  (nowMs: number, ...shown: readonly Certificate[]): Show =>
  (forks) => {
    for (const certificate of shown)
      forks.hears(
        machine,
        { type: "certificate", certificate },
        { height: HEIGHT, round: 0, nowMs },
      );
  };

const votes =
  (fill: number, voters: readonly number[]): Show =>
  (forks) => {
    for (const validatorIndex of voters) {
      const vote = { ...said(fill), validatorIndex, signature: signed(validatorIndex, fill) };
      forks.hears(machine, { type: "vote", vote }, { height: HEIGHT, round: 0, nowMs: 0 });
    }
  };

function judge(acts: readonly Show[], haltMarker?: object): readonly string[] {
  const reported: string[] = [];
  const { genesisHash, set } = chain;
  const report = (what: string) => reported.push(what);
  const forks = new SeenForks({ genesisHash, setAt: () => set, report });
  for (const act of acts) act(forks);
  const judged = haltMarker === undefined ? machine : Object.assign(machine, { haltMarker });
  forks.decides(judged, HEIGHT, NOW_MS);
  return reported;
}

const TOLD = ["conflict: validator 0 was shown two commits at 5, and decides"];

it.each<[string, readonly Show[]]>([
  ["by certificates", [certificates(0, commitOf(1), commitOf(2))]],
  ["by votes and a certificate", [votes(1, [1, 2, 3]), certificates(0, commitOf(2))]],
])("does not decide where it was shown two: %s", (_name, acts) => {
  expect(judge(acts)).toEqual(TOLD);
});

it.each<[string, readonly Show[]]>([
  ["one is shown twice", [certificates(0, commitOf(1), commitOf(1))]],
  ["one is no quorum", [certificates(0, commitOf(1), commitOf(2, [0, 1]))]],
  ["one is for nil", [certificates(0, commitOf(1), commitOf(0))]],
  ["a voter had voted for the other", [certificates(0, commitOf(1)), votes(2, [1, 2, 3])]],
  ["it was decided already", [certificates(0, commitOf(1)), certificates(NOW_MS, commitOf(2))]],
  ["it has started since", [certificates(0, commitOf(1), commitOf(2)), (f) => f.starts(machine)]],
])("may where %s", (_name, acts) => {
  expect(judge(acts)).toEqual([]);
});

it("has not gone on where it has halted", () => {
  expect(judge([certificates(0, commitOf(1), commitOf(2))], {})).toEqual([]);
});
