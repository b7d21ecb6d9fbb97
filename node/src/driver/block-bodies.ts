// Answers to validators that lack some transactions of a proposed block: from the blocks that the core
// holds at the height in progress, or from the last committed one.
//
// Bound: MAX_ANSWERS to a peer at a height, each at most a block's bytes; only validators are answered,
// as nobody else is sent compact proposals.

import { equalBytes } from "../codec/bytes.ts";
import type { BlockTxsRequest } from "../codec/compact-frames.ts";
import { type ConsensusState, candidateOf } from "../consensus/state.ts";
import type { Metrics, Peer, Store } from "../ports.ts";
import type { Block, Height, Transaction } from "../types/chain.ts";
import type { ChainState } from "./chain-state.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerBook } from "./peer-book.ts";

const MAX_ANSWERS = 8;

export interface BlockBodiesParts {
  readonly chain: ChainState;
  readonly store: Store;
  readonly peers: PeerBook;
  readonly outbound: Pick<Outbound, "to">;
  readonly metrics: Metrics;
  readonly punish: (peer: Peer, reason: string) => void;
  /** The core's state, to read only. */
  readonly state: () => ConsensusState;
}

export class BlockBodies {
  readonly #parts: BlockBodiesParts;
  /** Answers by peer, at #height. */
  readonly #answers = new Map<string, number>();
  #height: Height = 0;

  constructor(parts: BlockBodiesParts) {
    this.#parts = parts;
  }

  requested(peer: Peer, request: BlockTxsRequest): void {
    const { peers, outbound, metrics, punish } = this.#parts;
    const isValidator = peers.get(peer.id)?.validatorIndex !== undefined;
    if (!isValidator || !this.#mayAnswer(peer)) {
      metrics.count("p2p_dropped_total", { reason: "blockTxsQuota" });
      return;
    }
    const block = this.#blockOf(request);
    const transactions: Transaction[] = [];
    for (const index of block === undefined ? [] : request.indices) {
      const tx = block?.transactions[index];
      if (tx === undefined) {
        punish(peer, `asked for transaction ${index} of a block that has none there`);
        return;
      }
      transactions.push(tx);
    }
    outbound.to(peer.id, { type: "blockTxs", requestId: request.requestId, transactions });
  }

  #mayAnswer(peer: Peer): boolean {
    const height = this.#parts.chain.head.height;
    if (height !== this.#height) this.#answers.clear();
    this.#height = height;
    const answers = this.#answers.get(peer.id) ?? 0;
    if (answers >= MAX_ANSWERS) return false;
    this.#answers.set(peer.id, answers + 1);
    return true;
  }

  #blockOf({ height, blockHash }: BlockTxsRequest): Block | undefined {
    const { chain, store, state } = this.#parts;
    const { head } = chain;
    if (height === head.height && equalBytes(blockHash, head.blockHash)) {
      return store.block(height)?.block;
    }
    const core = state();
    return height === core.context.height ? candidateOf(core, blockHash)?.block : undefined;
  }
}
