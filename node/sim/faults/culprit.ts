// Byzantine validators: an adapter at the transport port of an unmodified node. It sees each frame that the
// node sends, as the node meant it for each peer, and sends what it likes instead, signed anew with the
// node's own key; the node goes on believing in what it wanted to say. Twins and amnesia need no adapter:
// two machines with one key, and a machine that loses log and sign state (simulation.ts).

import type { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { decodeFrame, encodeFrame, type Message } from "../../src/codec/frames.ts";
import { proposalSignBytes, voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { isNil } from "../../src/consensus/tally.ts";
import { quorumPower } from "../../src/crypto/certificate.ts";
import { blockHashOf } from "../../src/crypto/ids.ts";
import type { Transport, TransportEvents } from "../../src/ports.ts";
import type { Block } from "../../src/types/chain.ts";
import type { Proposal, ProposalMessage, Vote } from "../../src/types/consensus.ts";
import type { Chain } from "../world/chain.ts";
import type { Rng } from "../world/rng.ts";
import { badBlock, garbled, lie } from "./misbehaviour.ts";

export const CULPRIT_KINDS = [
  "silent",
  "withholder",
  "nilVoter",
  "doubleVoter",
  "equivocator",
  "badProposer",
  "delayer",
  "liar",
  "garbler",
  "twins",
  "amnesia",
] as const;
/**
 * A plotter is an equivocator whose second block all plotters vote for; drawn with f + 1 faulty only. A
 * lateVoter contradicts its last vote of a height when it votes at the next; never drawn, but asked for.
 */
export type CulpritKind = (typeof CULPRIT_KINDS)[number] | "plotter" | "lateVoter";

/** What a culprit puts on one link in place of a frame. */
interface Outgoing {
  readonly frame: Uint8Array;
  readonly delayMs: number;
}

const NOTHING: readonly Outgoing[] = [];
/** Just before T_propose and T_vote of round 0 end at the receiver. */
const PROPOSAL_DELAY_MS = 299;
const VOTE_DELAY_MS = 99;
const PROPOSAL_BYTE = 0x10;
/** What is not part of consensus. */
const OTHER_MESSAGES: ReadonlySet<Message["type"]> = new Set([
  "status",
  "getBlocks",
  "blocks",
  "txIds",
  "getTxs",
  "txs",
  "ping",
  "pong",
  "peers",
]);
const ONES_HASH = new Uint8Array(32).fill(1);
/** Hashes of blocks seen lately. */
const MAX_SEEN = 8;

/** What plotters share: who sees the first of two blocks, and the second block for each first one. */
export class Plot {
  /** By the hash of the first (hex). */
  readonly others = new Map<string, ProposalMessage>();
  readonly #firstIds: ReadonlySet<string>;

  /** The plotters themselves see the first blocks, and half of the honest. */
  constructor(nodeIds: readonly string[], plotters: readonly number[]) {
    const honest = nodeIds.filter((_, index) => !plotters.includes(index));
    const seconds = honest.slice(honest.length >> 1);
    this.#firstIds = new Set(nodeIds.filter((id) => !seconds.includes(id)));
  }

  isFirst(nodeId: string): boolean {
    return this.#firstIds.has(nodeId);
  }
}

interface CulpritWorld {
  readonly chain: Chain;
  readonly index: number;
  readonly time: VirtualClock;
  readonly rng: Rng;
  readonly plot: Plot;
}

export class Culprit {
  readonly kind: CulpritKind;
  readonly rng: Rng;
  readonly seen: Uint8Array[] = [];
  readonly #chain: Chain;
  readonly #index: number;
  readonly #time: VirtualClock;
  /** Who gets the first of two contradicting messages: half of the others, or q - 1 of them. */
  readonly #firsts: number;
  /** The second block of each own proposal, by the hash of the first (hex). */
  readonly #others: Map<string, ProposalMessage>;
  readonly #plot: Plot | undefined;
  /** A lateVoter's last vote, and the last one of the height before that. */
  #lastVote: Vote | undefined;
  #voteBefore: Vote | undefined;
  #last: { readonly frame: Uint8Array; readonly message: Message } | undefined;

  constructor(kind: CulpritKind, { chain, index, time, rng, plot }: CulpritWorld) {
    this.kind = kind;
    this.#plot = kind === "plotter" ? plot : undefined;
    this.#others = this.#plot?.others ?? new Map<string, ProposalMessage>();
    this.rng = rng;
    this.#chain = chain;
    this.#index = index;
    this.#time = time;
    const others = chain.set.length - 1;
    this.#firsts = rng.chance(0.5) ? Math.floor(others / 2) : quorumPower(chain.set.length) - 1;
  }

  /** Stands between a node and its links. */
  corrupt(transport: Transport): Transport {
    return {
      start: (events) => transport.start(this.#listening(events)),
      send: (peerId, frame) => {
        for (const { frame: other, delayMs } of this.#outgoing(peerId, frame)) {
          if (delayMs === 0) transport.send(peerId, other);
          else this.#time.startTimer(delayMs, () => transport.send(peerId, other));
        }
        return true;
      },
      peers: () => transport.peers(),
      disconnect: (peerId, reason, banMs) => transport.disconnect(peerId, reason, banMs),
      learn: (addresses) => transport.learn(addresses),
      known: () => transport.known(),
      stop: (done) => transport.stop(done),
    };
  }

  /** The vote with other contents, signed. */
  vote(vote: Vote, change: Partial<Vote>): Uint8Array {
    const changed = { ...vote, ...change };
    const signature = this.#sign(voteSignBytes(this.#chain.genesisHash, changed));
    return encodeFrame({ type: "vote", vote: { ...changed, signature } });
  }

  /** The proposal with another block or other contents, signed. */
  propose(message: ProposalMessage, block: Block, change: Partial<Proposal> = {}): ProposalMessage {
    const proposal = { ...message.proposal, blockHash: blockHashOf(block.header), ...change };
    const signature = this.#sign(proposalSignBytes(this.#chain.genesisHash, proposal));
    return { ...message, block, proposal: { ...proposal, signature } };
  }

  #sign(bytes: Uint8Array): Uint8Array {
    return this.#chain.keys[this.#index]?.sign(bytes) ?? new Uint8Array(64);
  }

  #listening(events: TransportEvents): TransportEvents {
    if (this.kind !== "doubleVoter" && this.kind !== "garbler") return events;
    return {
      ...events,
      frame: (peer, frame) => {
        if (frame[0] === PROPOSAL_BYTE) this.#remember(decodeFrame(frame));
        events.frame(peer, frame);
      },
    };
  }

  #remember(message: Message): void {
    if (message.type !== "proposal") return;
    this.seen.push(message.proposal.proposal.blockHash);
    if (this.seen.length > MAX_SEEN) this.seen.shift();
  }

  #outgoing(peerId: string, frame: Uint8Array): readonly Outgoing[] {
    // The same frame goes to many peers: it is read once.
    if (this.#last?.frame !== frame) this.#last = { frame, message: decodeFrame(frame) };
    const { message } = this.#last;
    const { type } = message;
    const isConsensus = !OTHER_MESSAGES.has(type);
    const same = [{ frame, delayMs: 0 }];
    switch (this.kind) {
      case "silent":
        return isConsensus ? NOTHING : same;
      case "withholder":
        return isConsensus && this.rng.chance(0.5) ? NOTHING : same;
      case "delayer":
        return isConsensus ? [{ frame, delayMs: delayOf(type) }] : same;
      case "nilVoter":
        return type === "vote" ? sent(this.vote(message.vote, { blockHash: ZERO_HASH })) : same;
      case "doubleVoter":
        return type === "vote" ? this.#anyVote(message.vote, frame) : same;
      case "lateVoter":
        return type === "vote" ? [...same, ...this.#contradiction(message.vote)] : same;
      case "equivocator":
      case "plotter":
        return this.#isFirst(peerId) ? same : this.#second(message, same);
      case "badProposer":
        if (type !== "proposal") return same;
        return sent(encodeFrame({ type, proposal: badBlock(this, message.proposal) }));
      case "liar":
        return sent(lie(this, message) ?? frame);
      case "garbler":
        return isConsensus && this.rng.chance(0.3) ? sent(garbled(this, message, frame)) : same;
      case "twins":
      case "amnesia":
        return same;
    }
  }

  /** Of the last vote at the height before: by now that is decided. */
  #contradiction(vote: Vote): readonly Outgoing[] {
    if (this.#lastVote !== undefined && this.#lastVote.height < vote.height) {
      this.#voteBefore = this.#lastVote;
    }
    this.#lastVote = vote;
    const before = this.#voteBefore;
    if (before === undefined) return NOTHING;
    const blockHash = isNil(before.blockHash) ? ONES_HASH : ZERO_HASH;
    return sent(this.vote(before, { blockHash }));
  }

  /** The vote itself, nil, one for any block of late, or none. */
  #anyVote(vote: Vote, frame: Uint8Array): readonly Outgoing[] {
    const choice = this.rng.int(this.seen.length + 3);
    if (choice === 0) return NOTHING;
    if (choice === 1) return sent(frame);
    return sent(this.vote(vote, { blockHash: this.seen[choice - 3] ?? ZERO_HASH }));
  }

  #isFirst(peerId: string): boolean {
    if (this.#plot !== undefined) return this.#plot.isFirst(peerId);
    const { nodeIds, set } = this.#chain;
    const place = (nodeIds.indexOf(peerId) - this.#index + set.length) % set.length;
    return place <= this.#firsts;
  }

  /** Another block than the first half saw, and votes for it. */
  #second(message: Message, same: readonly Outgoing[]): readonly Outgoing[] {
    if (message.type === "proposal") {
      const other = this.#otherBlock(message.proposal);
      return sent(encodeFrame({ type: "proposal", proposal: other }));
    }
    if (message.type !== "vote") return same;
    const other = this.#others.get(keyOf(message.vote.blockHash));
    if (other === undefined) return same;
    return sent(this.vote(message.vote, { blockHash: other.proposal.blockHash }));
  }

  #otherBlock(message: ProposalMessage): ProposalMessage {
    const key = keyOf(message.proposal.blockHash);
    const known = this.#others.get(key);
    if (known?.proposal.round === message.proposal.round) return known;
    const { header } = message.block;
    const block = {
      ...message.block,
      header: { ...header, timestampMs: header.timestampMs + 1 },
    };
    const other = this.propose(message, block);
    if (this.#others.size >= MAX_SEEN) this.#others.clear();
    this.#others.set(key, other);
    return other;
  }
}

const keyOf = (hash: Uint8Array): string => hash.subarray(0, 8).join();
const sent = (frame: Uint8Array): readonly Outgoing[] => [{ frame, delayMs: 0 }];
const delayOf = (type: Message["type"]): number =>
  type === "proposal" ? PROPOSAL_DELAY_MS : VOTE_DELAY_MS;
