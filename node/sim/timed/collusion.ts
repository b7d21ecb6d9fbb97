// What f colluding validators send in place of what their nodes wanted to say, from the first height on
// that one of them leads: before that they are honest, as whoever votes twice is out two heights later.
// That leader's two blocks go to two halves of the honest; then all f follow one of three plans in each
// round, drawn by the seed:
//   like: each half is voted with, in both steps: the larger half may decide alone;
//   lock: each half is prevoted with, and precommitted nil: the larger half locks and nobody decides;
//   swap: each half is prevoted against: no polka anywhere, and all votes are in at once.
// In a round of an honest leader half of the honest hear the culprits' votes, the others nil. They show no
// certificates. One behaviour for all of them (faults/culprit.ts). Called by adversary.ts.

import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { PREVOTE } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import { type Behaviour, type CulpritAdapter, sent } from "../faults/culprit.ts";
import type { Rng } from "../world/rng.ts";

const PLANS = ["like", "lock", "swap"] as const;

interface Split {
  readonly plan: (typeof PLANS)[number];
  /** The leader's two blocks; undefined in the round of an honest leader. */
  pair: readonly [ProposalMessage, ProposalMessage] | undefined;
}

export interface Colluding {
  readonly nodes: number;
  readonly indices: readonly number[];
  /** Up to here they are honest in any case. */
  readonly afterHeight: number;
}

export class Collusion {
  readonly #afterHeight: number;
  readonly #rng: Rng;
  /** By validator index: 0 or 1, culprits included. */
  readonly #halves: readonly number[];
  readonly #splits = new Map<string, Split>();
  /** From this height on they collude. */
  #fromHeight = Infinity;

  constructor({ nodes, indices, afterHeight }: Colluding, rng: Rng) {
    this.#afterHeight = afterHeight;
    this.#rng = rng;
    let honest = 0;
    this.#halves = Array.from({ length: nodes }, (_, index) =>
      indices.includes(index) ? index % 2 : honest++ % 2,
    );
  }

  readonly behaviour: Behaviour = (culprit) => (message, to) => {
    switch (message.type) {
      case "proposal": {
        const { height, proposerIndex } = message.proposal.proposal;
        if (proposerIndex !== culprit.index || height <= this.#afterHeight) return undefined;
        const pair = this.#pairOf(culprit, message.proposal);
        return sent({ type: "proposal", proposal: pair[this.#halfOf(to.index, height)] });
      }
      case "vote": {
        const { vote } = message;
        if (vote.height < this.#fromHeight) return undefined;
        const blockHash = this.#hashFor(vote, this.#halfOf(to.index, vote.height));
        return sent({ type: "vote", vote: culprit.vote(vote, { blockHash }) });
      }
      case "certificate":
      case "roundCertificate":
        return message.certificate.height < this.#fromHeight ? undefined : sent();
      default:
        return undefined;
    }
  };

  /** The halves change places with each height, so that both sizes meet both blocks. */
  #halfOf(index: number, height: number): 0 | 1 {
    return ((this.#halves[index] ?? 0) + height) % 2 === 0 ? 0 : 1;
  }

  #splitOf(height: number, round: number): Split {
    const key = `${height}/${round}`;
    const known = this.#splits.get(key);
    if (known !== undefined) return known;
    const made: Split = { plan: this.#rng.pick(PLANS), pair: undefined };
    this.#splits.set(key, made);
    return made;
  }

  /** The leader's proposal, and a second one for the same place. */
  #pairOf(culprit: CulpritAdapter, first: ProposalMessage) {
    const { height, round } = first.proposal;
    this.#fromHeight = Math.min(this.#fromHeight, height);
    const split = this.#splitOf(height, round);
    if (split.pair !== undefined) return split.pair;
    const block = culprit.freshBlock(first, round);
    const second = culprit.propose({ ...first, polc: undefined }, block, { validRound: -1 });
    split.pair = [first, second];
    return split.pair;
  }

  #hashFor({ type, height, round, blockHash }: Vote, half: 0 | 1): Uint8Array {
    const { plan, pair } = this.#splitOf(height, round);
    if (pair === undefined) return half === 0 ? blockHash : ZERO_HASH;
    if (plan === "lock" && type !== PREVOTE) return ZERO_HASH;
    return pair[plan === "swap" ? 1 - half : half]?.proposal.blockHash ?? blockHash;
  }
}
