// Blocks from a trusted one down to a snapshot's and a little below, each proven by the hash in the block above it.
// No signature is looked at: what the trusted hash covers is trusted (docs/adr/0025). The certificate of each block
// is the one that the block above it carries, which is under that block's hash. Pure.

import { equalBytes } from "../../codec/bytes.ts";
import { blockHashOf, txidOf } from "../../crypto/ids.ts";
import type { Block, BlockHeader, CertifiedBlock, Height } from "../../types/chain.ts";
import type { StoredBlock } from "../../types/ledger.ts";
import { MAX_SYNC_BLOCKS } from "../../types/limits.ts";
import { bodyMatchesHeader } from "../chain/verify-message.ts";

/** A block that an operator vouches for. */
export interface TrustedBlock {
  readonly height: Height;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

export interface LinksOptions {
  readonly trust: TrustedBlock;
  /** Below the trusted block. */
  readonly snapshotHeight: Height;
  /** The blocks up to the snapshot's that are kept. */
  readonly keepBlocks: number;
}

/** What an answer brought. */
export type LinkOutcome =
  /** The kept ones among the blocks, the highest first. */
  | { readonly kind: "linked"; readonly kept: readonly StoredBlock[] }
  /** Its highest blocks did not fit into the answer: a shorter range is asked for next. */
  | { readonly kind: "short" }
  /** The peer has another block at the trusted height; one of the two is wrong. */
  | { readonly kind: "otherTrusted"; readonly hash: Uint8Array }
  /** Not the block that the one above it names: the sender made it up. What stands above it is linked, as in "linked". */
  | { readonly kind: "false"; readonly reason: string; readonly kept: readonly StoredBlock[] };

const FIRST_WINDOW = 16;

export class TrustedLinks {
  readonly #options: LinksOptions;
  #lowest: Height;
  /** The block that comes next, and its hash. */
  #height: Height;
  #hash: Uint8Array;
  /** The block above it; undefined at the trusted one. */
  #above: Block | undefined;
  #window = FIRST_WINDOW;
  #snapshotHeader: BlockHeader | undefined;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#height = options.trust.height;
    this.#hash = options.trust.hash;
    this.#lowest = Math.max(1, options.snapshotHeight - options.keepBlocks + 1);
  }

  /** The range to ask for; undefined: all are here. */
  get wanted(): { readonly fromHeight: Height; readonly count: number } | undefined {
    if (this.#height < this.#lowest) return undefined;
    const fromHeight = Math.max(this.#lowest, this.#height - this.#window + 1);
    return { fromHeight, count: this.#height - fromHeight + 1 };
  }

  /** The height of the block that comes next. */
  get next(): Height {
    return this.#height;
  }

  /** The header of the snapshot's block, once it is proven. */
  get snapshotHeader(): BlockHeader | undefined {
    return this.#snapshotHeader;
  }

  /** Whether the trusted block itself has come. */
  get isTrustMet(): boolean {
    return this.#above !== undefined;
  }

  /** Nobody keeps blocks below `height`: what is not needed to prove the snapshot's block is done without. */
  doWithoutBelow(height: Height): void {
    this.#lowest = Math.max(this.#lowest, Math.min(height, this.#options.snapshotHeight));
  }

  /** An answer to `wanted`: at least one block, in rising order. */
  take(blocks: readonly CertifiedBlock[]): LinkOutcome {
    const last = blocks.at(-1)?.block.header.height;
    if (last !== this.#height) {
      this.#window = Math.max(1, blocks.length);
      return { kind: "short" };
    }
    const kept: StoredBlock[] = [];
    for (const { block } of blocks.toReversed()) {
      const fault = this.#link(block, kept);
      if (fault !== undefined) return fault;
    }
    this.#window = Math.min(MAX_SYNC_BLOCKS, 2 * this.#window);
    return { kind: "linked", kept };
  }

  #link(block: Block, kept: StoredBlock[]): LinkOutcome | undefined {
    const { header, transactions } = block;
    const hash = blockHashOf(header);
    if (!equalBytes(hash, this.#hash)) {
      return this.#above === undefined
        ? { kind: "otherTrusted", hash }
        : {
            kind: "false",
            reason: `another block ${header.height} than the one above it names`,
            kept,
          };
    }
    if (!bodyMatchesHeader(block)) {
      const reason = `a body of block ${header.height} that is not its header's`;
      return { kind: "false", reason, kept };
    }
    const { snapshotHeight } = this.#options;
    const certificate = this.#above?.lastCommit;
    if (header.height <= snapshotHeight && certificate !== undefined) {
      const txids = transactions.map(({ body }) => txidOf(body));
      kept.push({ certified: { block, certificate }, blockHash: hash, txids });
    }
    if (header.height === snapshotHeight) this.#snapshotHeader = header;
    this.#above = block;
    this.#hash = header.parentHash;
    this.#height--;
    return undefined;
  }
}
