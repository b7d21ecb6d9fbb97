// That a node which does not use what it was shown can be seen, and that nothing follows from less.

import { describe, expect, it } from "vitest";
import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import type { Certificate, VoteType } from "../../src/types/chain.ts";
import type { Vote } from "../../src/types/consensus.ts";
import { chainOf, keyOf } from "../world/chain.ts";
import { ShownProofs } from "./shown-proofs.ts";

const HEIGHT = 5;
const CULPRIT = 3;
const chain = chainOf(4);
const machine = { options: { index: 0 } };
const BLOCK = new Uint8Array(32).fill(1);

type Said = Pick<Vote, "type" | "round" | "blockHash">;

const signed = (index: number, said: Said) =>
  keyOf(chain, index).sign(voteSignBytes(chain.genesisHash, { ...said, height: HEIGHT }));

const voteOf = (index: number, said: Said): Vote => ({
  ...said,
  height: HEIGHT,
  validatorIndex: index,
  signature: signed(index, said),
});

const certificateOf = (signers: readonly number[], said: Said): Certificate => ({
  ...said,
  height: HEIGHT,
  signers: chain.set.map((_, index) => signers.includes(index)),
  signatures: signers.map((index) => signed(index, said)),
});

function judge(act: (proofs: ShownProofs) => void): readonly string[] {
  const reported: string[] = [];
  const decisions = { setAt: () => chain.set, votersAt: () => [0, 1, 2, 3] };
  const report = (what: string) => reported.push(what);
  const proofs = new ShownProofs({ chain, culprits: new Set([CULPRIT]), decisions, report });
  proofs.enters(machine, { height: HEIGHT, round: 0 });
  act(proofs);
  return reported;
}

const shows = (proofs: ShownProofs, said: Said, voters: readonly number[] = [1, 2]): void => {
  for (const index of voters) proofs.hears(machine, { type: "vote", vote: voteOf(index, said) });
};
const signs = (proofs: ShownProofs, type: VoteType, round: number, blockHash = BLOCK): void =>
  proofs.votes(machine, { type, height: HEIGHT, round, blockHash });
const enters = (proofs: ShownProofs, round: number): void =>
  proofs.enters(machine, { height: HEIGHT, round });

const COMMIT: Said = { type: 2, round: 0, blockHash: BLOCK };
const POLKA: Said = { type: 1, round: 0, blockHash: BLOCK };

describe("who has the block, and was shown its commit", () => {
  const TOLD = ["shown: validator 0 enters 5/2 with a commit of 0"];

  it("enters no further round: by votes, the own one among them, or by a certificate", () => {
    const byVotes = judge((proofs) => {
      signs(proofs, 1, 0);
      signs(proofs, 2, 0);
      enters(proofs, 1);
      shows(proofs, COMMIT);
      enters(proofs, 2);
    });
    const byCertificate = judge((proofs) => {
      signs(proofs, 1, 0);
      enters(proofs, 1);
      const certificate = certificateOf([1, 2, CULPRIT], COMMIT);
      proofs.hears(machine, { type: "certificate", certificate });
      enters(proofs, 2);
    });
    expect([byVotes, byCertificate]).toEqual([TOLD, TOLD]);
  });

  it.each<[string, (proofs: ShownProofs) => void]>([
    ["the block is not held", (proofs) => shows(proofs, COMMIT, [1, 2, 0])],
    [
      "a vote is a culprit's, who may have said something else before",
      (proofs) => {
        signs(proofs, 1, 0);
        shows(proofs, COMMIT, [1, 2, CULPRIT]);
      },
    ],
    [
      "a signature is not its validator's",
      (proofs) => {
        signs(proofs, 1, 0);
        signs(proofs, 2, 0);
        shows(proofs, COMMIT, [1]);
        const vote = { ...voteOf(1, COMMIT), validatorIndex: 2 };
        proofs.hears(machine, { type: "vote", vote });
        const certificate = certificateOf([1, 2], COMMIT);
        proofs.hears(machine, { type: "certificate", certificate });
      },
    ],
    [
      "its own vote is of this very moment",
      (proofs) => {
        signs(proofs, 1, 0);
        shows(proofs, COMMIT);
        signs(proofs, 2, 0);
      },
    ],
    [
      "its process has started since",
      (proofs) => {
        signs(proofs, 1, 0);
        signs(proofs, 2, 0);
        shows(proofs, COMMIT);
        proofs.starts(machine);
      },
    ],
  ])("may, where %s", (_name, act) => {
    const reported = judge((proofs) => {
      act(proofs);
      enters(proofs, 1);
    });
    expect(reported).toEqual([]);
  });
});

describe("who has the block, and was shown its polka", () => {
  const proposal = (validRound: number) =>
    judge((proofs) => {
      signs(proofs, 1, 0);
      enters(proofs, 1);
      shows(proofs, POLKA);
      enters(proofs, 2);
      proofs.proposes(machine, { height: HEIGHT, round: 2 }, validRound);
    });

  it("proposes nothing older", () => {
    expect(proposal(-1)).toEqual(["shown: validator 0 proposes 5/2 without the polka of 0"]);
    expect(proposal(0)).toEqual([]);
  });

  it("may, where it was shown after the round began", () => {
    const reported = judge((proofs) => {
      signs(proofs, 1, 0);
      enters(proofs, 1);
      shows(proofs, POLKA);
      proofs.proposes(machine, { height: HEIGHT, round: 1 }, -1);
    });
    expect(reported).toEqual([]);
  });
});
