// What every Byzantine behaviour works with: the node it sits around, its key without any guard, and
// a way to tell each receiver something else. Whatever prevote it signs is told to the checks, as a
// polka with it is a polka.

import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { proposalSignBytes } from "../../src/codec/sign-bytes.ts";
import { leaderOf } from "../../src/consensus/proposer.ts";
import type { Block } from "../../src/types/chain.ts";
import type { Proposal, ProposalMessage, Vote } from "../../src/types/consensus.ts";
import { fakeSign, SIM_GENESIS_HASH } from "../world/keyring.ts";
import { simBlockHash } from "./block-hash.ts";
import { type Envelope, seal } from "./envelope.ts";
import type { SimNode } from "./sim-node.ts";
import { voteBytes } from "./vote-bytes.ts";
import type { World } from "./world.ts";

export class Tools {
  readonly node: SimNode;
  readonly world: World;

  constructor(node: SimNode, world: World) {
    this.node = node;
    this.world = world;
  }

  /** A vote of this key, signed. */
  castVote(unsigned: Omit<Vote, "signature">): Vote {
    this.world.checks.votes(unsigned);
    return { ...unsigned, signature: this.sign(voteBytes(unsigned)) };
  }

  /** The same vote for another value. */
  revote(vote: Vote, blockHash: Uint8Array): Vote {
    return this.castVote({ ...vote, blockHash });
  }

  /** A signed proposal, without a PoLC beside it. */
  propose(block: Block, round: number, validRound: number): ProposalMessage {
    const blockHash = simBlockHash(block.header);
    return this.proposeAs({ height: block.header.height, round, validRound, blockHash }, block);
  }

  /** A signed proposal that need not fit its block. */
  proposeAs(
    claim: Pick<Proposal, "height" | "round" | "validRound" | "blockHash">,
    block: Block,
  ): ProposalMessage {
    const proposal = { ...claim, proposerIndex: this.node.options.index };
    const signature = this.sign(proposalSignBytes(SIM_GENESIS_HASH, proposal));
    return { proposal: { ...proposal, signature }, block, polc: undefined };
  }

  /** The vote itself, nil, or a vote for any block of this height; or nothing. */
  anyVote(vote: Vote): Envelope | undefined {
    const { rng } = this.world;
    const { candidates } = this.node.state;
    const choice = rng.int(candidates.length + 3);
    if (choice === 0) return undefined;
    if (choice === 1) return seal({ type: "vote", vote });
    const blockHash = candidates[choice - 3]?.hash ?? ZERO_HASH;
    return seal({ type: "vote", vote: this.revote(vote, blockHash) });
  }

  /** Any hash heard of: nil, the head's, or that of a block of this height. */
  anyHash(): Uint8Array {
    const { candidates } = this.node.state;
    const seen = candidates.map(({ hash }) => hash);
    const head = this.node.head?.certificate.blockHash;
    return this.world.rng.pick([ZERO_HASH, ...seen, ...(head === undefined ? [] : [head])]);
  }

  /** The key of the validator that leads the round of the height in progress. */
  keyOfLeader(round: number): Uint8Array {
    return this.world.validators[this.leaderOf(this.node.height, round)]?.publicKey ?? ZERO_HASH;
  }

  leaderOf(height: number, round: number): number {
    return leaderOf({ height, leaderOrder: this.world.leaderOrder }, round);
  }

  /** Sends to each other process what `make` gives for it. */
  toEach(make: (to: number) => Envelope | undefined): void {
    const { process } = this.node.options;
    for (let to = 0; to < this.world.processes; to++) {
      const envelope = to === process ? undefined : make(to);
      if (envelope !== undefined) this.world.send(process, to, envelope);
    }
  }

  /** Sends the envelope to each other process with this probability. */
  toSome(envelope: Envelope, probability = 0.5): void {
    this.toEach(() => (this.world.rng.chance(probability) ? envelope : undefined));
  }

  private sign(message: Uint8Array): Uint8Array {
    return fakeSign(message, this.node.options.signer.publicKey);
  }
}
