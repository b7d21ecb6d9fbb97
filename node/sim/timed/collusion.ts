// What f colluding validators send in place of what their nodes wanted to say, from the first height on
// that one of them leads: before that they are honest, as whoever votes twice is out two heights later.
// That leader's two blocks go to two halves of the honest; then all f follow one of three plans in each
// round, drawn by the seed:
//   like: each half is voted with, in both steps: the larger half may decide alone;
//   lock: each half is prevoted with, and precommitted nil: the larger half locks and nobody decides;
//   swap: each half is prevoted against: no polka anywhere, and all votes are in at once.
// In a round of an honest leader half of the honest hear the culprits' votes, the others nil. They show no
// certificates. A node behind this believes in what it wanted to say. Called by adversary.ts.

import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { decodeFrame, encodeFrame, type Message } from "../../src/codec/frames.ts";
import { proposalSignBytes, voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { blockHashOf } from "../../src/crypto/ids.ts";
import type { Transport } from "../../src/ports.ts";
import { PREVOTE } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import type { Chain } from "../world/chain.ts";
import type { Rng } from "../world/rng.ts";
import { portWith } from "./port-with.ts";

const PLANS = ["like", "lock", "swap"] as const;

interface Split {
  readonly plan: (typeof PLANS)[number];
  /** The leader's two blocks; undefined in the round of an honest leader. */
  pair: readonly [ProposalMessage, ProposalMessage] | undefined;
}

export class Collusion {
  readonly #chain: Chain;
  readonly #rng: Rng;
  /** By node id: 0 or 1, culprits included. */
  readonly #halves: ReadonlyMap<string, 0 | 1>;
  readonly #splits = new Map<string, Split>();
  /** Up to here they are honest in any case. */
  readonly #afterHeight: number;
  /** From this height on they collude. */
  #fromHeight = Infinity;

  constructor(
    chain: Chain,
    culprits: { readonly indices: readonly number[]; readonly afterHeight: number },
    rng: Rng,
  ) {
    this.#afterHeight = culprits.afterHeight;
    this.#chain = chain;
    this.#rng = rng;
    let honest = 0;
    this.#halves = new Map(
      chain.nodeIds.map((id, index) => [
        id,
        (culprits.indices.includes(index) ? index % 2 : honest++ % 2) as 0 | 1,
      ]),
    );
  }

  /** Stands between the node of one culprit and its links. */
  adapter(index: number): (transport: Transport) => Transport {
    let last: { readonly frame: Uint8Array; readonly message: Message } | undefined;
    return (transport) =>
      portWith(transport, {
        send: (peerId, frame) => {
          if (last?.frame !== frame) last = { frame, message: decodeFrame(frame) };
          const sent = this.#instead(last.message, frame, { index, peerId });
          return sent === undefined || transport.send(peerId, sent);
        },
      });
  }

  /** What goes to a peer in place of a frame; undefined: nothing. */
  #instead(
    message: Message,
    frame: Uint8Array,
    { index, peerId }: { readonly index: number; readonly peerId: string },
  ): Uint8Array | undefined {
    switch (message.type) {
      case "proposal": {
        const { height, round, proposerIndex } = message.proposal.proposal;
        if (proposerIndex !== index || height <= this.#afterHeight) return frame;
        this.#fromHeight = Math.min(this.#fromHeight, height);
        const split = this.#splitOf(height, round);
        split.pair ??= [message.proposal, this.#rival(message.proposal, index)];
        const proposal = split.pair[this.#halfOf(peerId, height)];
        return encodeFrame({ type: "proposal", proposal });
      }
      case "vote":
        if (message.vote.height < this.#fromHeight) return frame;
        return this.#vote(message.vote, { index, peerId });
      case "certificate":
      case "roundCertificate":
        return message.certificate.height < this.#fromHeight ? frame : undefined;
      default:
        return frame;
    }
  }

  /** The halves change places with each height, so that both sizes meet both blocks. */
  #halfOf(peerId: string, height: number): 0 | 1 {
    return ((this.#halves.get(peerId) ?? 0) + height) % 2 === 0 ? 0 : 1;
  }

  #splitOf(height: number, round: number): Split {
    const key = `${height}/${round}`;
    const known = this.#splits.get(key);
    if (known !== undefined) return known;
    const made: Split = { plan: this.#rng.pick(PLANS), pair: undefined };
    this.#splits.set(key, made);
    return made;
  }

  #vote(vote: Vote, { index, peerId }: { readonly index: number; readonly peerId: string }) {
    const blockHash = this.#hashFor(vote, this.#halfOf(peerId, vote.height));
    const changed = { ...vote, blockHash };
    const signature = this.#sign(index, voteSignBytes(this.#chain.genesisHash, changed));
    return encodeFrame({ type: "vote", vote: { ...changed, signature } });
  }

  #hashFor({ type, height, round, blockHash }: Vote, half: 0 | 1): Uint8Array {
    const { plan, pair } = this.#splitOf(height, round);
    if (pair === undefined) return half === 0 ? blockHash : ZERO_HASH;
    if (plan === "lock" && type !== PREVOTE) return ZERO_HASH;
    return pair[plan === "swap" ? 1 - half : half]?.proposal.blockHash ?? blockHash;
  }

  /** A second proposal of the same leader for the same place. */
  #rival(message: ProposalMessage, index: number): ProposalMessage {
    const { header } = message.block;
    const block = { ...message.block, header: { ...header, timestampMs: header.timestampMs + 1 } };
    const proposal = { ...message.proposal, blockHash: blockHashOf(block.header), validRound: -1 };
    const signature = this.#sign(index, proposalSignBytes(this.#chain.genesisHash, proposal));
    return { block, polc: undefined, proposal: { ...proposal, signature } };
  }

  #sign(index: number, bytes: Uint8Array): Uint8Array {
    return this.#chain.keys[index]?.sign(bytes) ?? new Uint8Array(64);
  }
}
