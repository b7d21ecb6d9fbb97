// Answers to validators that lack some transactions of a proposed block: from the blocks that the core
// holds at the height in progress, or from the last committed one.
//
// Bound: answers within a validator's budget (answer-quota.ts), each at most a block's bytes; nobody else is
// answered, as nobody else is sent compact proposals.

import { equalBytes } from "../../codec/bytes.ts";
import type { BlockTxsRequest } from "../../codec/compact-frames.ts";
import type { CoreView } from "../../consensus/core-view.ts";
import type { Metrics, Peer, Store } from "../../ports.ts";
import type { Block, Transaction } from "../../types/chain.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { AnswerQuota } from "./answer-quota.ts";
import type { Punish } from "./penalties.ts";

export interface BlockBodiesParts {
  readonly chain: ChainState;
  readonly store: Store;
  readonly answers: AnswerQuota;
  readonly metrics: Metrics;
  readonly punish: Punish;
  readonly core: Pick<CoreView, "context" | "blockOf">;
}

export class BlockBodies {
  readonly #parts: BlockBodiesParts;

  constructor(parts: BlockBodiesParts) {
    this.#parts = parts;
  }

  requested(peer: Peer, request: BlockTxsRequest): void {
    const { answers, metrics, punish } = this.#parts;
    if (!answers.admits(peer)) {
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
    answers.answer(peer, { type: "blockTxs", requestId: request.requestId, transactions });
  }

  #blockOf({ height, blockHash }: BlockTxsRequest): Block | undefined {
    const { chain, store, core } = this.#parts;
    const { head } = chain;
    if (height === head.height && equalBytes(blockHash, head.blockHash)) {
      return store.block(height)?.block;
    }
    return height === core.context.height ? core.blockOf(blockHash) : undefined;
  }
}
