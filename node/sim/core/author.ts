// What a simulated process writes under its own name: new blocks, proposals and votes, each signed by
// the guarded signer. Undefined where the signer declines. Told to the checks before it is signed, as an
// honest core must not even ask for what breaks a rule.

import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { fromHex, toHex } from "../../src/codec/hex.ts";
import { proposalSignBytes } from "../../src/codec/sign-bytes.ts";
import type { Effect, Input } from "../../src/consensus/api.ts";
import type { Candidate } from "../../src/consensus/state.ts";
import { type Block, type CertifiedBlock, PREVOTE } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import { newBlock } from "../timing/sim-block.ts";
import { SIM_GENESIS_HASH } from "../world/keyring.ts";
import { simBlockHash } from "./block-hash.ts";
import type { SimSigner } from "./signer.ts";
import { voteBytes } from "./vote-bytes.ts";
import type { World } from "./world.ts";

interface Identity {
  readonly process: number;
  readonly index: number;
  readonly signer: SimSigner;
}

export class Author {
  private readonly identity: Identity;
  private readonly world: World;
  private lastBuilt = { hex: "", hash: ZERO_HASH };

  constructor(identity: Identity, world: World) {
    this.identity = identity;
    this.world = world;
  }

  /** A new block on top of `parent`, unlike any other. */
  newBlock(round: number, parent: CertifiedBlock | undefined): Block {
    const { process, signer } = this.identity;
    const nowMs = this.world.clockMs(process);
    return newBlock({
      parent,
      round,
      proposer: signer.publicKey,
      nowMs,
      salt: this.world.rng.next(),
    });
  }

  /** The answer to buildBlock. */
  build(round: number, parent: CertifiedBlock | undefined): Input {
    const block = this.newBlock(round, parent);
    const hash = simBlockHash(block.header);
    const blockHash = toHex(hash);
    this.lastBuilt = { hex: blockHash, hash };
    return { type: "blockBuilt", round, block, blockHash };
  }

  proposal(
    {
      height,
      round,
      validRound,
      block,
      blockHash: hex,
      polc,
    }: Extract<Effect, { type: "signProposal" }>,
    held: readonly Candidate[],
  ): ProposalMessage | undefined {
    const blockHash = this.hashOf(hex, held);
    const unsigned = { height, round, validRound, blockHash, proposerIndex: this.identity.index };
    this.world.checks.proposes(unsigned);
    const signBytes = proposalSignBytes(SIM_GENESIS_HASH, unsigned);
    const signed = this.identity.signer.sign({ height, round, step: 1, signBytes });
    if (!signed.ok) return undefined;
    return { proposal: { ...unsigned, signature: signed.signature }, block, polc };
  }

  vote(
    { voteType: type, height, round, blockHash: hex }: Extract<Effect, { type: "signVote" }>,
    held: readonly Candidate[],
  ): Vote | undefined {
    const blockHash = hex === undefined ? ZERO_HASH : this.hashOf(hex, held);
    const validatorIndex = this.identity.index;
    const unsigned = { type, height, round, blockHash, validatorIndex };
    this.world.checks.votes(unsigned);
    const signBytes = voteBytes(unsigned);
    const signed = this.identity.signer.sign({
      height,
      round,
      step: type === PREVOTE ? 2 : 3,
      signBytes,
    });
    if (!signed.ok) return undefined;
    return { type, height, round, blockHash, validatorIndex, signature: signed.signature };
  }

  /** Bytes of a hash in hex; almost always of a block that the core holds or has just been given. */
  private hashOf(hex: string, held: readonly Candidate[]): Uint8Array {
    if (this.lastBuilt.hex === hex) return this.lastBuilt.hash;
    for (const candidate of held) if (candidate.hex === hex) return candidate.hash;
    return fromHex(hex);
  }
}
