// `--trace`: a run as lines, one for each input that a core takes and one for each effect it asks for.

import type { Effect, Input } from "../../src/consensus/api.ts";
import { nameOf, showCertificate, showEffect, showRoundCertificate } from "../scenario/show.ts";

/** The lines of one step of one process. */
export function stepLines(
  { process, nowMs }: { readonly process: number; readonly nowMs: number },
  input: Input,
  effects: readonly Effect[],
): readonly string[] {
  const head = `${nowMs.toFixed(1).padStart(9)} ms  p${process}`;
  return [
    `${head}  ${showInput(input)}`,
    ...effects.map((effect) => `${" ".repeat(head.length)}    ${showEffect(effect)}`),
  ];
}

function showInput(input: Input): string {
  switch (input.type) {
    case "enterHeight":
      return `enters height ${input.context.height}`;
    case "proposal": {
      const { round, validRound, proposerIndex, blockHash } = input.message.proposal;
      const judged = input.valid ? "" : ", which the ledger refuses";
      return `proposal ${nameOf(blockHash)} by ${proposerIndex} in round ${round}, valid round ${validRound}${judged}`;
    }
    case "vote": {
      const { type, round, blockHash, validatorIndex } = input.vote;
      return `${type === 1 ? "prevote" : "precommit"} ${round} ${nameOf(blockHash)} by ${validatorIndex}`;
    }
    case "certificate":
      return `certificate: ${showCertificate(input.certificate)}`;
    case "roundCertificate":
      return showRoundCertificate(input.certificate);
    case "certifiedBlock":
      return `certified block: ${showCertificate(input.certified.certificate)}`;
    case "blockBuilt":
      return `block built for round ${input.round}`;
    case "timeout":
      return `timeout ${input.step} of round ${input.round}`;
    default:
      throw new Error(`unknown input ${JSON.stringify(input satisfies never)}`);
  }
}
