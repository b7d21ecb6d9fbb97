// What the f colluding validators send in place of what their own cores wanted to say. The leader's
// two blocks go to two halves of the honest nodes; then each round follows one of three plans, drawn
// by the seed, and all culprits follow it:
//   like: each half is voted with, in prevotes and precommits: the larger half may decide alone;
//   lock: each half is prevoted with, and precommitted nil: the larger half locks and nobody decides;
//   swap: each half is prevoted against: no polka anywhere, and all votes are in at once.
// In a round led by an honest node half of the nodes hear the culprits' votes, the others nil.
// Certificates are withheld.

import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { PREVOTE } from "../../src/types/chain.ts";
import type { Vote } from "../../src/types/consensus.ts";
import type { Rng } from "../world/rng.ts";
import type { Message } from "./timing-node.ts";

const PLANS = ["like", "lock", "swap"] as const;

interface Split {
  readonly plan: (typeof PLANS)[number];
  /** The leader's two blocks; undefined in the round of an honest leader. */
  readonly pair: readonly [Message, Message] | undefined;
}

export class Collusion {
  private readonly rng: Rng;
  private readonly halves: readonly number[];
  private readonly otherBlock: (message: ProposalOf) => ProposalOf;
  private readonly splits = new Map<string, Split>();

  /**
   * @param halves by node: 0 or 1, culprits included.
   * @param otherBlock signs a second proposal for the place of the first.
   */
  constructor(
    rng: Rng,
    halves: readonly number[],
    otherBlock: (message: ProposalOf) => ProposalOf,
  ) {
    this.rng = rng;
    this.halves = halves;
    this.otherBlock = otherBlock;
  }

  /** What a culprit sends to `to` instead of `message`; undefined: nothing. */
  toEach(message: Message, to: number): Message | undefined {
    switch (message.type) {
      case "proposal": {
        const { height, round } = message.message.proposal;
        return this.splitOf(height, round, message).pair?.[this.halfOf(to, height)];
      }
      case "vote":
        return { type: "vote", vote: this.voteFor(message.vote, to) };
      case "certificate":
      case "roundCertificate":
        return undefined;
      default:
        throw new Error(`unknown message ${JSON.stringify(message satisfies never)}`);
    }
  }

  /** The halves change places with each height, so that both sizes meet both blocks. */
  private halfOf(to: number, height: number): 0 | 1 {
    return ((this.halves[to] ?? 0) + height) % 2 === 0 ? 0 : 1;
  }

  private splitOf(height: number, round: number, proposal?: ProposalOf): Split {
    const key = `${height}/${round}`;
    const known = this.splits.get(key);
    if (known?.pair !== undefined || (known !== undefined && proposal === undefined)) return known;
    const plan = known?.plan ?? this.rng.pick(PLANS);
    const pair =
      proposal === undefined ? undefined : ([proposal, this.otherBlock(proposal)] as const);
    const made = { plan, pair };
    this.splits.set(key, made);
    return made;
  }

  private voteFor(vote: Vote, to: number): Vote {
    const { plan, pair } = this.splitOf(vote.height, vote.round);
    const half = this.halfOf(to, vote.height);
    if (pair === undefined) return half === 0 ? vote : { ...vote, blockHash: ZERO_HASH };
    if (plan === "lock" && vote.type !== PREVOTE) return { ...vote, blockHash: ZERO_HASH };
    const place = plan === "swap" ? 1 - half : half;
    const chosen = pair[place];
    return chosen?.type === "proposal"
      ? { ...vote, blockHash: chosen.message.proposal.blockHash }
      : vote;
  }
}

export type ProposalOf = Extract<Message, { type: "proposal" }>;
