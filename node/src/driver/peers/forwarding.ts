// Passes on what validators signed to the linked validators that cannot hear them (docs/adr/0017), so that
// the chain goes on over links of any shape. Only what the core took as news is passed on, so a node passes
// each message on once, and nothing goes back by the link that it came from. In a full mesh nothing is sent.
//
// Nothing here is trusted: whoever receives a forwarded message verifies it like any other. Bounds: the
// messages that the core takes (wal-news.ts limits the votes of each validator), once for each linked
// validator that lacks them; what is held of one round, once for each rebroadcast or reach frame that is
// news. Called by the driver after each input that was news, by the effects and by the peer messages.

import type { Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import type { HeldMessages, Input } from "../../consensus/api.ts";
import type { Metrics, Peer } from "../../ports.ts";
import type { HashHex, Height } from "../../types/chain.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerBook, PeerState } from "./peer-book.ts";
import { proposalFrame } from "./proposal-frame.ts";
import type { Reach } from "./reach.ts";

/** A validator has voted lately where it voted in the height in progress or in the one before. */
const LATELY_HEIGHTS = 1;

export interface ForwardingParts {
  readonly chain: ChainState;
  readonly peers: PeerBook;
  readonly outbound: Pick<Outbound, "to">;
  readonly metrics: Metrics;
  readonly reach: Reach;
  /** Proposals with so many bytes of transactions are sent compact. */
  readonly compactFromBytes: number;
}

export class Forwarding {
  readonly #parts: ForwardingParts;
  /** The link of the frame that is being worked on; undefined while none is. */
  #fromPeerId: string | undefined;
  /** The last height that each validator voted in, by public key. */
  readonly #votedAt = new Map<HashHex, Height>();
  /** What others had said in the round that stood still last, and its height. */
  #held: HeldMessages | undefined;
  #heldHeight: Height = 0;

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
  }

  /** Runs `work`, all of whose news came by the link of this peer. */
  from<T>(peerId: string, work: () => T): T {
    const before = this.#fromPeerId;
    this.#fromPeerId = peerId;
    try {
      return work();
    } finally {
      this.#fromPeerId = before;
    }
  }

  /** The core took this input, and it changed the core's state. */
  news(input: Input): void {
    switch (input.type) {
      case "vote": {
        const { vote } = input;
        const key = this.#keyOf(vote.validatorIndex);
        if (key === undefined) return;
        this.#votedAt.set(key, vote.height);
        return this.#passOn(key, () => ({ type: "vote", vote }));
      }
      case "proposal": {
        const key = this.#keyOf(input.message.proposal.proposerIndex);
        return key === undefined ? undefined : this.#passOn(key, () => this.#frameOf(input));
      }
      case "certificate":
      case "roundCertificate":
        return this.#passOnProof(input);
      default:
        return;
    }
  }

  /** The height stands still in a round of which others have said this. */
  stoodStill(held: HeldMessages): void {
    this.#held = held;
    this.#heldHeight = this.#parts.chain.head.height + 1;
    if (!this.#parts.reach.isPartial) return;
    for (const state of this.#parts.peers.validators()) this.#show(state);
  }

  /** This peer lacks more or others than before. */
  reached(peer: Peer): void {
    const state = this.#parts.peers.get(peer.id);
    if (state !== undefined) this.#show(state);
  }

  /** The public key of a validator of the height in progress; undefined for the own one. */
  #keyOf(index: number): HashHex | undefined {
    const { chain } = this.#parts;
    const key = index === chain.selfIndex ? undefined : chain.validators[index]?.publicKey;
    return key === undefined ? undefined : toHex(key);
  }

  #frameOf({ message }: { readonly message: NonNullable<HeldMessages["proposal"]> }): Message {
    const { chain, compactFromBytes } = this.#parts;
    return proposalFrame(message, chain, compactFromBytes);
  }

  #passOn(signer: HashHex, message: () => Message): void {
    if (!this.#parts.reach.isPartial) return;
    this.#toThose((state) => this.#parts.reach.lacks(state, signer), message);
  }

  /** A certificate has no sender of its own: it goes to whoever misses anybody that votes. */
  #passOnProof(message: Extract<Input, { type: "certificate" | "roundCertificate" }>): void {
    if (!this.#parts.reach.isPartial || this.#fromPeerId === undefined) return;
    this.#toThose(
      (state) => this.#lacksVoter(state),
      () => message,
    );
  }

  #lacksVoter(state: PeerState): boolean {
    const lacked = this.#parts.reach.lackedBy(state);
    if (lacked === "all") return true;
    const since = this.#parts.chain.head.height + 1 - LATELY_HEIGHTS;
    return [...lacked].some((key) => (this.#votedAt.get(key) ?? 0) >= since);
  }

  #toThose(lack: (state: PeerState) => boolean, message: () => Message): void {
    const from = this.#fromPeerId;
    const takers = this.#parts.peers
      .validators()
      .filter((state) => state.peer.id !== from && lack(state));
    if (takers.length === 0) return;
    const made = message();
    for (const { peer } of takers) this.#send(peer.id, made);
  }

  /** What is held of the round that stands still, as far as the peer does not hear who said it. */
  #show(state: PeerState): void {
    const { chain, reach } = this.#parts;
    const held = this.#held;
    if (held === undefined || this.#heldHeight !== chain.head.height + 1) return;
    const isLacked = (index: number): boolean => {
      const key = this.#keyOf(index);
      return key !== undefined && index !== state.validatorIndex && reach.lacks(state, key);
    };
    const { proposal, votes } = held;
    if (proposal !== undefined && isLacked(proposal.proposal.proposerIndex)) {
      this.#send(state.peer.id, this.#frameOf({ message: proposal }));
    }
    for (const vote of votes) {
      if (isLacked(vote.validatorIndex)) this.#send(state.peer.id, { type: "vote", vote });
    }
  }

  #send(peerId: string, message: Message): void {
    const { outbound, metrics } = this.#parts;
    if (outbound.to(peerId, message)) metrics.count("consensus_forwarded_total");
  }
}
