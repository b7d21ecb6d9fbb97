// Two blocks in one round, each for its side of the honest, and votes for both: what an equivocator does
// alone and plotters do together. The plotters themselves see the first block.

import { quorumPower } from "../../src/crypto/certificate.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import type { Rng } from "../world/rng.ts";
import { type CulpritAdapter, type Send, sent } from "./culprit.ts";

interface Pair {
  readonly first: Uint8Array;
  readonly second: ProposalMessage;
}

/** Pairs beyond these are forgotten, the oldest first. */
const MAX_PAIRS = 16;

export class Plot {
  readonly #honest: readonly number[];
  /** So many of the honest see the first block: half of them, or what a quorum needs beside the culprits. */
  readonly #firsts: number;
  readonly #pairs = new Map<string, Pair>();

  constructor(nodes: number, culprits: readonly number[], rng: Rng) {
    this.#honest = [...Array(nodes).keys()].filter((index) => !culprits.includes(index));
    const half = Math.ceil(this.#honest.length / 2);
    const needed = Math.max(1, quorumPower(nodes) - culprits.length);
    this.#firsts = rng.chance(0.5) ? half : needed;
  }

  /** Who sees the first block moves on from height to height. */
  isFirst(index: number, height: number): boolean {
    const place = this.#honest.indexOf(index);
    return place === -1 || (place + height) % this.#honest.length < this.#firsts;
  }

  pairOf(height: number, round: number): Pair | undefined {
    return this.#pairs.get(`${height}/${round}`);
  }

  agree(height: number, round: number, pair: Pair): void {
    const [oldest] = this.#pairs.keys();
    if (this.#pairs.size >= MAX_PAIRS && oldest !== undefined) this.#pairs.delete(oldest);
    this.#pairs.set(`${height}/${round}`, pair);
  }
}

/** Splits the honest along `plot`. */
export function splitting(culprit: CulpritAdapter, plot: Plot): Send {
  return (message, { index }) => {
    const cast = culprit.ownVote(message);
    if (cast !== undefined) return vote(culprit, plot, cast, index);
    const own = culprit.ownProposal(message);
    if (own === undefined || !("proposal" in message)) return undefined;
    const { height, round, blockHash } = own.proposal;
    const pair = plot.pairOf(height, round) ?? newPair(culprit, own, blockHash);
    plot.agree(height, round, pair);
    if (plot.isFirst(index, height)) return undefined;
    return sent({ ...message, proposal: pair.second });
  };
}

function newPair(culprit: CulpritAdapter, message: ProposalMessage, first: Uint8Array): Pair {
  const block = culprit.freshBlock(message, message.proposal.round);
  const second = culprit.propose({ ...message, polc: undefined }, block, { validRound: -1 });
  return { first, second };
}

/** Each side is voted with, whatever the node itself would say. */
function vote(culprit: CulpritAdapter, plot: Plot, own: Vote, index: number) {
  const pair = plot.pairOf(own.height, own.round);
  if (pair === undefined) return undefined;
  const isFirst = plot.isFirst(index, own.height);
  const blockHash = isFirst ? pair.first : pair.second.proposal.blockHash;
  return sent({ type: "vote", vote: culprit.vote(own, { blockHash }) });
}
