// Catch-up as the driver sees it: when to look for blocks, and the way of a synced block into the core.
// A synced block is verified in full (its commit certificate against the set of its height, its own
// rules by the ledger) before the core sees it; the core alone decides.

import { toHex } from "../../codec/hex.ts";
import type { Input } from "../../consensus/api.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import type { Peer } from "../../ports.ts";
import type { CertifiedBlock, HashHex, Height } from "../../types/chain.ts";
import type { Divergence } from "../../types/divergence.ts";
import { type DecidedBlock, refuseCommit } from "../chain/block-run.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { Refusal } from "../chain/verify-message.ts";
import type { BlockSync } from "../peers/block-sync.ts";
import type { PeerBook } from "../peers/peer-book.ts";
import type { Punish } from "../peers/penalties.ts";
import type { ForkWatch } from "../watches/fork-watch.ts";
import type { SignHold } from "../watches/sign-hold.ts";

/** Blocks of one write, and transactions at which no further block is taken along. */
const MAX_RUN_BLOCKS = 64;
const MAX_RUN_TXS = 500;

export interface CatchUpParts {
  readonly chain: ChainState;
  readonly hold: SignHold;
  readonly peers: PeerBook;
  readonly sync: BlockSync;
  readonly feed: (input: Input) => void;
  readonly forks: Pick<ForkWatch, "past">;
  readonly punish: Punish;
  /** Does not return: the node stops. */
  readonly onDivergence: (found: Divergence) => never;
}

export class CatchUp {
  readonly #parts: CatchUpParts;
  /** The height up to which blocks came by catch-up and are decided. */
  #deliveredHeight: Height = 0;

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /** Whether the block of `height` came by catch-up. */
  brought(height: Height): boolean {
    return this.#deliveredHeight === height;
  }

  needBlock(height: Height): void {
    this.#parts.sync.needBlock(height);
    this.advance();
  }

  /** Asks peers for what is missing, if anything is. */
  advance(): void {
    const { chain, hold, sync } = this.#parts;
    // A block that was handed over is on its way to the disk: it need not come again.
    const headHeight = Math.max(chain.head.height, this.#deliveredHeight);
    sync.advance({
      headHeight,
      votes: chain.selfIndex !== undefined && hold.maySign(headHeight + 1),
    });
  }

  answered(peer: Peer, requestId: number, blocks: readonly CertifiedBlock[]): Refusal {
    const fault = this.#parts.sync.answered(peer.id, requestId, blocks);
    this.deliver();
    this.advance();
    return fault;
  }

  disconnected(peer: Peer): void {
    this.#parts.sync.disconnected(peer.id);
    this.advance();
  }

  /** Hands the block of the height in progress to the core, if it is here and stands. */
  deliver(): void {
    const { chain, sync, peers, forks, feed, punish } = this.#parts;
    const height = chain.head.height + 1;
    // It is on its way to the disk.
    if (this.#deliveredHeight >= height) return;
    const waiting = sync.take(height);
    if (waiting === undefined) return;
    const { block } = waiting.certified;
    const sender = peers.get(waiting.peerId)?.peer;
    // Its parent may be another block than ours, and certified: then it is not the sender who is wrong.
    if (sender !== undefined && block.lastCommit !== undefined)
      forks.past(sender, block.lastCommit);
    const blockHash: HashHex = toHex(blockHashOf(block.header));
    const unproved = refuseCommit(waiting.certified, chain.verifyContext);
    const refusal = unproved ?? chain.judge(block, blockHash);
    if (refusal === undefined) {
      this.#deliveredHeight = height;
      feed({ type: "certifiedBlock", certified: waiting.certified, blockHash });
      return;
    }
    // It is what its certificate commits, on the parent that is the head here: the sender is not to blame.
    if (unproved === undefined && chain.isWholeSuccessor(block))
      this.#parts.onDivergence({
        certified: waiting.certified,
        reason: refusal,
        validators: chain.validators,
      });
    sync.refused(waiting.peerId);
    if (sender !== undefined) punish(sender, `synced block ${height}: ${refusal}`);
  }

  /**
   * The decided block, and where catch-up brought it, the certified blocks after it that are here: they go
   * into one write. What does not follow stays where it is: deliver() will say what is wrong with it.
   */
  withFollowers(first: DecidedBlock): readonly DecidedBlock[] {
    const { chain, sync } = this.#parts;
    let { height } = first.certified.block.header;
    let txs = first.applied.txids.length;
    if (!this.brought(height)) return [first];
    const run = chain.runFrom(first);
    while (run.blocks.length < MAX_RUN_BLOCKS && txs < MAX_RUN_TXS) {
      const next = sync.waitingAt(height + 1);
      if (next === undefined || run.add(next) !== undefined) break;
      txs += next.block.transactions.length;
      height++;
    }
    this.#deliveredHeight = height;
    sync.reached(height);
    return run.blocks;
  }
}
