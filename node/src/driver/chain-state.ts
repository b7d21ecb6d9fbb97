// The chain as the driver holds it: its head, the judgement of blocks on top of it, and the one write
// that moves it. A judged block's changes are kept until its height is decided, so that a decision costs
// no second execution. Bound: at most MAX_JUDGED blocks of the height in progress.

import { toHex } from "../codec/hex.ts";
import type { HeightContext } from "../consensus/api.ts";
import { leaderOrder } from "../consensus/proposer.ts";
import { sha256 } from "../crypto/hash.ts";
import { type AppliedBlock, applyBlock, type BlockRules } from "../ledger/apply-block.ts";
import { buildBlock } from "../ledger/build-block.ts";
import type { ChainHead, Clock, Metrics, Store } from "../ports.ts";
import type {
  Block,
  Certificate,
  CertifiedBlock,
  HashHex,
  Round,
  Transaction,
  UnixMs,
  ValidatorSet,
} from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import { CodedError, invariant } from "../types/errors.ts";
import { LatePrecommits } from "./late-precommits.ts";
import {
  bodyMatchesHeader,
  type Refusal,
  refuseCertificate,
  type VerifyContext,
  type VerifySignature,
} from "./verify-message.ts";

const MAX_JUDGED = 16;

export interface ChainStateOptions {
  readonly genesisHash: Uint8Array;
  readonly validators: ValidatorSet;
  readonly rules: BlockRules;
  readonly verify: VerifySignature;
  /** Own validator key, if the node holds one. */
  readonly self: Uint8Array | undefined;
  /** For block_apply_seconds only. */
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export class ChainState {
  readonly #store: Store;
  readonly #options: ChainStateOptions;
  readonly #leaderOrder: readonly number[];
  readonly #selfIndex: number | undefined;
  readonly #late = new LatePrecommits();
  readonly #judged = new Map<HashHex, AppliedBlock>();
  #head: ChainHead;
  #lastCommit: Certificate | undefined;

  /** @throws CodedError STORE_CORRUPT where the head's block is missing from the store. */
  constructor(store: Store, options: ChainStateOptions) {
    const head = store.head();
    invariant(head !== undefined, "the store is initialised before the driver starts");
    this.#store = store;
    this.#options = options;
    this.#head = head;
    this.#lastCommit = lastCommitOf(store, head);
    this.#leaderOrder = leaderOrder(options.validators, options.genesisHash, sha256);
    const self = options.self === undefined ? undefined : toHex(options.self);
    const index = options.validators.findIndex(({ publicKey }) => toHex(publicKey) === self);
    this.#selfIndex = index === -1 ? undefined : index;
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** The commit certificate of the head with all precommits held; undefined at height 0. */
  get lastCommit(): Certificate | undefined {
    return this.#lastCommit === undefined ? undefined : this.#late.complete(this.#lastCommit);
  }

  /** A verified vote of the height in progress or of the head, which may complete its certificate. */
  notePrecommit(vote: Vote): void {
    this.#late.note(vote);
  }

  get validators(): ValidatorSet {
    return this.#options.validators;
  }

  /** Own index in the set, or undefined for a node without a vote. */
  get selfIndex(): number | undefined {
    return this.#selfIndex;
  }

  /** Whether the own key is among a certificate's signers. */
  hasSigned({ signers }: Certificate): boolean {
    return this.#selfIndex !== undefined && signers[this.#selfIndex] === true;
  }

  get verifyContext(): VerifyContext {
    return this.#options;
  }

  /** What fixes the height after the head. */
  nextContext(): HeightContext {
    return {
      height: this.#head.height + 1,
      validators: this.#options.validators,
      leaderOrder: this.#leaderOrder,
      self: this.#selfIndex,
      parentTimestampMs: this.#head.timestampMs,
    };
  }

  /** Whether this block was found valid on this head, so that judging it again costs little. */
  hasJudged(blockHash: HashHex): boolean {
    return this.#judged.has(blockHash);
  }

  /** Of the transactions of a judged or built block, in its order. */
  witnessIdsOf(blockHash: HashHex): readonly Uint8Array[] | undefined {
    return this.#judged.get(blockHash)?.witnessIds;
  }

  /** Why a block cannot follow the head, or undefined where it can. */
  judge(block: Block, blockHash: HashHex): Refusal {
    // The hash is the header's alone: the same header may come again with another body.
    if (this.#judged.has(blockHash))
      return bodyMatchesHeader(block) ? undefined : "its body is not its header's";
    if (block.lastCommit !== undefined) {
      const refusal = refuseCertificate(this.#options, block.lastCommit);
      if (refusal !== undefined) return `its certificate of the parent: ${refusal}`;
    }
    const { rules, clock, metrics } = this.#options;
    const startedAtMs = clock.monotonicMs();
    const applied = applyBlock({ view: this.#store, head: this.#head, block }, rules);
    metrics.observe("block_apply_seconds", (clock.monotonicMs() - startedAtMs) / 1_000);
    if (!applied.ok) return `${applied.code}: ${applied.reason}`;
    this.#keep(blockHash, applied.value);
    return undefined;
  }

  /** A new block of `candidates` on the head, and the witness ids that turned out invalid. */
  build(
    round: Round,
    nowMs: UnixMs,
    candidates: readonly Transaction[],
  ): { block: Block; blockHash: HashHex; refused: readonly Uint8Array[] } {
    const proposer = this.#options.self;
    invariant(proposer !== undefined, "only a validator builds a block");
    const built = buildBlock(
      {
        view: this.#store,
        head: this.#head,
        lastCommit: this.lastCommit,
        round,
        proposer,
        timestampMs: Math.max(nowMs, this.#head.timestampMs + 1),
        candidates,
      },
      this.#options.rules,
    );
    const blockHash = toHex(built.applied.blockHash);
    this.#keep(blockHash, built.applied);
    return {
      block: built.block,
      blockHash,
      refused: built.refused.map(({ witnessId }) => witnessId),
    };
  }

  /** Writes a decided block and moves the head once it is durable. */
  commit(
    certified: CertifiedBlock,
    blockHash: HashHex,
    done: (error: Error | undefined, applied: AppliedBlock) => void,
  ): void {
    // What was judged is not hashed again: the core holds the very block that was.
    const refusal = this.#judged.has(blockHash)
      ? undefined
      : this.judge(certified.block, blockHash);
    invariant(refusal === undefined, `block ${blockHash} was decided but is not valid: ${refusal}`);
    const applied = this.#judged.get(blockHash);
    invariant(applied !== undefined, "a judged block is kept until its height ends");
    const { blockHash: hash, created, spent, txids, head } = applied;
    this.#store.commit({ certified, blockHash: hash, created, spent, txids, head }, (error) => {
      if (error === undefined) {
        this.#head = head;
        this.#lastCommit = certified.certificate;
        this.#judged.clear();
        this.#late.committed(head.height);
      }
      done(error, applied);
    });
  }

  #keep(blockHash: HashHex, applied: AppliedBlock): void {
    const oldest = this.#judged.keys().next();
    if (this.#judged.size >= MAX_JUDGED && oldest.done === false) this.#judged.delete(oldest.value);
    this.#judged.set(blockHash, applied);
  }
}

function lastCommitOf(store: Store, head: ChainHead): Certificate | undefined {
  if (head.height === 0) return undefined;
  const certified = store.block(head.height);
  if (certified === undefined) {
    throw new CodedError(
      "STORE_CORRUPT",
      `block ${head.height}, the head of the chain, is not in the store`,
    );
  }
  return certified.certificate;
}
