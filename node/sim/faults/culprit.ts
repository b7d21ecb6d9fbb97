// A Byzantine validator: an adapter at the transport port of an unmodified node. It sees each frame that the
// node sends, as the node meant it for each peer, and sends what it likes instead, signed anew with the
// node's own key; the node goes on believing in what it wanted to say. What it likes: behaviours.ts.

import type { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import { encodeFrame, type Message } from "../../src/codec/frames.ts";
import { proposalSignBytes, voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { quorumPower } from "../../src/crypto/certificate.ts";
import { blockHashOf } from "../../src/crypto/ids.ts";
import type { Transport, TransportEvents } from "../../src/ports.ts";
import type { Block } from "../../src/types/chain.ts";
import type { Proposal, ProposalMessage, Vote } from "../../src/types/consensus.ts";
import { type Chain, keyOf } from "../world/chain.ts";
import type { FrameReader } from "../world/frame-reader.ts";
import { fakeVerify } from "../world/keyring.ts";
import type { Rng } from "../world/rng.ts";
import type { Plot } from "./plot.ts";
import { Seen } from "./seen.ts";

/** To whom a frame goes. */
export interface Receiver {
  readonly id: string;
  /** Its validator index; -1 for a peer that is none. */
  readonly index: number;
}

/** What becomes of one frame on its way to one peer; undefined: it goes out as it is. */
export type Send = (message: Message, to: Receiver) => readonly Outgoing[] | undefined;

/** One kind of misbehaviour, for one culprit. */
export type Behaviour = (culprit: CulpritAdapter) => Send;

/** What a culprit puts on one link in place of a frame. */
export interface Outgoing {
  readonly frame: Uint8Array;
  readonly delayMs: number;
}

export interface CulpritWorld {
  readonly chain: Chain;
  readonly index: number;
  readonly time: VirtualClock;
  readonly reader: FrameReader;
  readonly rng: Rng;
  readonly plot: Plot;
  /** In how many ms the last timer that the validator started will fire. */
  readonly dueMs: (index: number) => number;
  /** Told of every vote that is signed here: a polka with it is a polka. */
  readonly voted: (vote: Vote) => void;
}

export class CulpritAdapter {
  readonly world: CulpritWorld;
  readonly rng: Rng;
  readonly seen = new Seen();
  /** Validators at genesis. */
  readonly count: number;
  readonly quorum: number;
  readonly #send: Send;

  /** @param behaviours the first one that changes a message has it. */
  constructor(behaviours: readonly Behaviour[], world: CulpritWorld) {
    this.world = world;
    this.rng = world.rng;
    this.count = world.chain.set.length;
    this.quorum = quorumPower(this.count);
    const sends = behaviours.map((behaviour) => behaviour(this));
    this.#send = (message, to) => {
      for (const send of sends) {
        const outgoing = send(message, to);
        if (outgoing !== undefined) return outgoing;
      }
      return undefined;
    };
  }

  get index(): number {
    return this.world.index;
  }

  get publicKey(): Uint8Array {
    return keyOf(this.world.chain, this.index).publicKey;
  }

  /** Stands between a node and its links. */
  corrupt(transport: Transport): Transport {
    return {
      start: (events) => transport.start(this.#listening(events)),
      send: (peerId, frame) => {
        for (const { frame: other, delayMs } of this.#outgoing(peerId, frame)) {
          if (delayMs <= 0) transport.send(peerId, other);
          else this.world.time.startTimer(delayMs, () => transport.send(peerId, other));
        }
        return true;
      },
      peers: () => transport.peers(),
      queuedBytes: (peerId) => transport.queuedBytes(peerId),
      disconnect: (peerId, reason, banMs) => transport.disconnect(peerId, reason, banMs),
      workWaitMs: (peerId) => transport.workWaitMs(peerId),
      worked: (peerId, ms) => transport.worked(peerId, ms),
      penalise: (peerId, points, reason) => transport.penalise(peerId, points, reason),
      accuse: (peerId, points, reason) => transport.accuse(peerId, points, reason),
      learn: (addresses, from) => transport.learn(addresses, from),
      known: () => transport.known(),
      stop: (done) => transport.stop(done),
    };
  }

  /** The vote, where it is one that the node itself has signed. */
  ownVote(message: Message): Vote | undefined {
    if (message.type !== "vote") return undefined;
    const { vote } = message;
    const bytes = voteSignBytes(this.world.chain.genesisHash, vote);
    return fakeVerify(vote.signature, bytes, this.publicKey) ? vote : undefined;
  }

  /** The proposal, whole or compact, where it is one that the node itself has signed. */
  ownProposal(message: Message): ProposalMessage | undefined {
    if (message.type !== "proposal" && message.type !== "compactProposal") return undefined;
    const { proposal } = message.proposal;
    const bytes = proposalSignBytes(this.world.chain.genesisHash, proposal);
    return fakeVerify(proposal.signature, bytes, this.publicKey) ? message.proposal : undefined;
  }

  /** The vote with other contents, signed. */
  vote(vote: Vote, change: Partial<Vote>): Vote {
    const changed = { ...vote, ...change };
    const signature = this.sign(voteSignBytes(this.world.chain.genesisHash, changed));
    const signed = { ...changed, signature };
    // The checks know validators by their place at genesis, whoever has left the set since.
    this.world.voted({ ...signed, validatorIndex: this.index });
    return signed;
  }

  /** The proposal with another block or other contents, signed. Its PoLC stays beside it. */
  propose(message: ProposalMessage, block: Block, change: Partial<Proposal> = {}): ProposalMessage {
    const proposal = {
      ...message.proposal,
      blockHash: blockHashOf(block.header),
      ...change,
    };
    const signature = this.sign(proposalSignBytes(this.world.chain.genesisHash, proposal));
    return { ...message, block, proposal: { ...proposal, signature } };
  }

  /** A new block of the own name for `round`, made of one that was proposed. */
  freshBlock({ block }: ProposalMessage, round: number): Block {
    const { header } = block;
    const timestampMs = header.timestampMs + 1;
    return { ...block, header: { ...header, round, proposer: this.publicKey, timestampMs } };
  }

  sign(bytes: Uint8Array): Uint8Array {
    return keyOf(this.world.chain, this.index).sign(bytes);
  }

  #listening(events: TransportEvents): TransportEvents {
    return {
      ...events,
      frame: (peer, frame) => {
        this.#hear(frame);
        events.frame(peer, frame);
      },
    };
  }

  /** What others garble is no news. */
  #hear(frame: Uint8Array): void {
    const message = this.world.reader.tryRead(frame);
    if (message !== undefined) this.seen.hear(message);
  }

  #outgoing(peerId: string, frame: Uint8Array): readonly Outgoing[] {
    // The same frame goes to many peers: it is read once.
    const message = this.world.reader.read(frame);
    this.seen.hear(message);
    const index = this.world.chain.nodeIds.indexOf(peerId);
    return this.#send(message, { id: peerId, index }) ?? [{ frame, delayMs: 0 }];
  }
}

/** Frames of `messages`, at once. */
export const sent = (...messages: readonly Message[]): readonly Outgoing[] =>
  messages.map((message) => ({ frame: encodeFrame(message), delayMs: 0 }));
