// Blocks of the bench and their hashes: an idealised hash is a number that no other block has. One
// registry a run, so that a hash and its hex are looked up and never computed again.

import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { toHex } from "../../src/codec/hex.ts";
import type { Block, CertifiedBlock, HashHex, ValidatorSet } from "../../src/types/chain.ts";
import { newBlock } from "./sim-block.ts";

export interface IdealBlock {
  readonly block: Block;
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly blockHash: HashHex;
}

export interface BlockRequest {
  readonly parent: CertifiedBlock | undefined;
  readonly round: number;
  readonly proposerIndex: number;
  readonly nowMs: number;
}

export class IdealBlocks {
  private readonly validators: ValidatorSet;
  private readonly byHex = new Map<HashHex, Uint8Array>();
  private readonly hexes = new Map<Uint8Array, HashHex>();
  private made = 0;

  constructor(validators: ValidatorSet) {
    this.validators = validators;
  }

  /** A new valid block, unlike any other. */
  build({ parent, round, proposerIndex, nowMs }: BlockRequest): IdealBlock {
    const proposer = this.validators[proposerIndex]?.publicKey ?? ZERO_HASH;
    const block = newBlock({ parent, round, proposer, nowMs, salt: 0 });
    const hash = new Uint8Array(32);
    new DataView(hash.buffer).setUint32(0, ++this.made);
    const blockHash = toHex(hash);
    this.byHex.set(blockHash, hash);
    this.hexes.set(hash, blockHash);
    return { block, hash, blockHash };
  }

  /** The one array of this hash; nil's for undefined. */
  hashOf(blockHash: HashHex | undefined): Uint8Array {
    if (blockHash === undefined) return ZERO_HASH;
    const hash = this.byHex.get(blockHash);
    if (hash === undefined) throw new Error(`no block ${blockHash} was ever built`);
    return hash;
  }

  hexOf(hash: Uint8Array): HashHex {
    return this.hexes.get(hash) ?? toHex(hash);
  }
}
