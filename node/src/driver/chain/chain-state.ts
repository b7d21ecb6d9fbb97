// The chain as the driver holds it: its head, the judgement of blocks on top of it, and the one write
// that moves it. A judged block's changes are kept until its height is decided, so that a decision costs
// no second execution. Bound: at most MAX_JUDGED blocks of the height in progress.

import { equalBytes } from "../../codec/bytes.ts";
import { toHex } from "../../codec/hex.ts";
import type { HeightContext } from "../../consensus/api.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { type AppliedBlock, applyBlock } from "../../ledger/apply-block.ts";
import { type BlockDraft, buildBlock } from "../../ledger/build-block.ts";
import type { TxRules } from "../../ledger/validate-transaction.ts";
import { leadersOf, validatorsAt } from "../../ledger/validator-state.ts";
import type { Clock, Metrics, Store } from "../../ports.ts";
import { BoundedMap } from "../../types/bounded-map.ts";
import type {
  Block,
  Certificate,
  CertifiedBlock,
  HashHex,
  Height,
  Round,
  UnixMs,
  ValidatorSet,
} from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import { CodedError, invariant } from "../../types/errors.ts";
import type { BlockCommit, ChainHead } from "../../types/ledger.ts";
import type { ValidatorState } from "../../types/validator-state.ts";
import { BlockRun, type DecidedBlock, refuseParents } from "./block-run.ts";
import { LatePrecommits } from "./late-precommits.ts";
import { VerifiedVotes } from "./verified-votes.ts";
import {
  bodyMatchesHeader,
  type Refusal,
  type VerifyContext,
  type VerifySignature,
} from "./verify-message.ts";

const MAX_JUDGED = 16;

export interface ChainStateOptions {
  readonly genesisHash: Uint8Array;
  readonly rules: TxRules;
  /** The same, for transactions that are met once, in catch-up: their signatures are not remembered. */
  readonly rulesOnce: TxRules;
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
  readonly #late = new LatePrecommits();
  readonly #verified: VerifiedVotes;
  readonly #judged = new BoundedMap<HashHex, AppliedBlock>(MAX_JUDGED);
  #head: ChainHead;
  /** What fixes the height after the head. */
  #next: HeightContext;
  #lastCommit: Certificate | undefined;

  /** @throws CodedError STORE_CORRUPT where the head's block is missing from the store. */
  constructor(store: Store, options: ChainStateOptions) {
    const head = store.head();
    invariant(head !== undefined, "the store is initialised before the driver starts");
    this.#store = store;
    this.#options = options;
    this.#head = head;
    this.#verified = new VerifiedVotes(head.height);
    this.#lastCommit = lastCommitOf(store, head);
    this.#next = this.#contextAfter(head);
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** The commit certificate of the head with all precommits held; undefined at height 0. */
  get lastCommit(): Certificate | undefined {
    return this.#lastCommit === undefined ? undefined : this.#late.complete(this.#lastCommit);
  }

  /** Whether this vote, verified or not, would be kept by notePrecommit(). */
  wantsPrecommit(vote: Vote): boolean {
    return this.#late.wants(vote);
  }

  /** A verified vote of the height in progress or of the head, which may complete its certificate. */
  notePrecommit(vote: Vote): void {
    this.#late.note(vote);
  }

  /** The set of the height after the head. */
  get validators(): ValidatorSet {
    return this.#next.validators;
  }

  /** The set of `height`, which is at most two above the head. */
  validatorsAt(height: Height): ValidatorSet {
    return validatorsAt(this.#head.validatorState, height);
  }

  /** Own index in the set of the height after the head, or undefined for a node without a vote. */
  get selfIndex(): number | undefined {
    return this.#next.self;
  }

  /** Own index in the set of `height`. */
  selfIndexAt(height: Height): number | undefined {
    return this.#indexIn(this.validatorsAt(height));
  }

  /** Whether the own key is among a certificate's signers; `state` is that of its height or a later one. */
  hasSigned({ height, signers }: Certificate, state: ValidatorState): boolean {
    const index = this.#indexIn(validatorsAt(state, height));
    return index !== undefined && signers[index] === true;
  }

  /** Whether this is the own validator key. */
  isSelf(publicKey: Uint8Array): boolean {
    const { self } = this.#options;
    return self !== undefined && equalBytes(publicKey, self);
  }

  /** So many blocks after its height evidence still convicts. */
  get evidenceAgeBlocks(): number {
    return this.#options.rules.params.maxEvidenceAgeBlocks;
  }

  /** For what is said at the height after the head. */
  get verifyContext(): VerifyContext {
    return this.#verifyContext(this.#next.validators);
  }

  /** For what is said of `height`, the head's or before. */
  contextAt(height: Height): VerifyContext {
    return this.#verifyContext(this.validatorsAt(height));
  }

  /** What fixes the height after the head. */
  nextContext(): HeightContext {
    return this.#next;
  }

  /** The public key of whoever leads `round` of the height after the head; undefined where that is this node. */
  otherLeader(round: Round): Uint8Array | undefined {
    const leader = leaderOf(this.#next, round);
    return leader === this.#next.self ? undefined : this.#next.validators[leader]?.publicKey;
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
    const refusal = refuseParents(block.lastCommit, this.contextAt(this.#head.height));
    if (refusal !== undefined) return refusal;
    const { rules, clock, metrics } = this.#options;
    const startedAtMs = clock.monotonicMs();
    const applied = applyBlock({ view: this.#store, head: this.#head, block }, rules);
    metrics.observe("block_apply_seconds", (clock.monotonicMs() - startedAtMs) / 1_000);
    if (!applied.ok) return `${applied.code}: ${applied.reason}`;
    this.#judged.set(blockHash, applied.value);
    return undefined;
  }

  /** Whether a block names the head as its parent, and its body is what its header says. */
  isWholeSuccessor(block: Block): boolean {
    return equalBytes(block.header.parentHash, this.#head.blockHash) && bodyMatchesHeader(block);
  }

  /**
   * A new block on the head of what is offered and may stand in it, and the witness ids of candidates
   * that turned out invalid.
   */
  build(
    round: Round,
    nowMs: UnixMs,
    offered: Pick<BlockDraft, "candidates" | "evidence">,
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
        ...offered,
      },
      this.#options.rules,
    );
    const blockHash = toHex(built.applied.blockHash);
    this.#judged.set(blockHash, built.applied);
    return {
      block: built.block,
      blockHash,
      refused: built.refused,
    };
  }

  /** A block that the core has decided, with what it changes. */
  decided(certified: CertifiedBlock, blockHash: HashHex): DecidedBlock {
    // What was judged is not hashed again: the core holds the very block that was.
    const refusal = this.#judged.has(blockHash)
      ? undefined
      : this.judge(certified.block, blockHash);
    invariant(refusal === undefined, `block ${blockHash} was decided but is not valid: ${refusal}`);
    const applied = this.#judged.get(blockHash);
    invariant(applied !== undefined, "a judged block is kept until its height ends");
    return { certified, applied };
  }

  /** For the certified blocks that follow a decided one. */
  runFrom(first: DecidedBlock): BlockRun {
    const { rulesOnce, clock, metrics } = this.#options;
    return new BlockRun(first, {
      view: this.#store,
      rules: rulesOnce,
      clock,
      metrics,
      context: (validators) => this.#verifyContext(validators),
      reached: (height) => this.#verified.committed(height),
    });
  }

  /** Writes decided blocks, which follow each other, and moves the head once they are durable. */
  commit(blocks: readonly DecidedBlock[], done: (error: Error | undefined) => void): void {
    const commits = blocks.map(
      ({ certified, applied: { blockHash, created, spent, txids, head } }) => ({
        certified,
        blockHash,
        created,
        spent,
        txids,
        head,
      }),
    );
    this.#store.commit(commits, (error) => {
      const last = commits.at(-1);
      if (error === undefined && last !== undefined) this.#moved(last);
      done(error);
    });
  }

  #moved({ head, certified }: Pick<BlockCommit, "head" | "certified">): void {
    this.#head = head;
    this.#next = this.#contextAfter(head);
    this.#lastCommit = certified.certificate;
    this.#judged.clear();
    this.#late.committed(head.height);
    this.#verified.committed(head.height);
  }

  #contextAfter(head: ChainHead): HeightContext {
    const height = head.height + 1;
    const { validators } = head.validatorState;
    return {
      height,
      validators,
      leaderOrder: leadersOf(head.validatorState, height),
      self: this.#indexIn(validators),
      parentTimestampMs: head.timestampMs,
    };
  }

  #indexIn(validators: ValidatorSet): number | undefined {
    const index = validators.findIndex(({ publicKey }) => this.isSelf(publicKey));
    return index === -1 ? undefined : index;
  }

  #verifyContext(validators: ValidatorSet): VerifyContext {
    const { genesisHash, verify } = this.#options;
    return { genesisHash, validators, verify, verified: this.#verified };
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
