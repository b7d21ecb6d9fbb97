// The blocks that honest validators decide: one block and one state root a height, each block valid on its
// parent, each certificate of the set of its height, and nobody honest ever convicted.

import { equalBytes } from "../../src/codec/bytes.ts";
import type { CertifiedBlock, Height, ValidatorSet } from "../../src/types/chain.ts";
import type { BlockCommit, ChainHead } from "../../src/types/ledger.ts";
import type { Chain } from "../world/chain.ts";
import { commitFault } from "./commit-proof.ts";
import { SecondLedger } from "./second-ledger.ts";

export interface ChecksOptions {
  readonly chain: Chain;
  /** Validators that are Byzantine. */
  readonly culprits: ReadonlySet<number>;
  /** Beyond f faulty: agreement may break, as long as it is seen. */
  readonly mayFork?: boolean;
  readonly history?: readonly BlockCommit[];
  /** Each decided block is judged by a second ledger, too, which costs. */
  readonly second?: boolean;
}

interface Decision {
  readonly blockHash: Uint8Array;
  readonly stateRoot: Uint8Array;
}

export class Decisions {
  /** Two honest validators decided differently. */
  isForked = false;
  readonly #options: ChecksOptions;
  readonly #report: (what: string) => void;
  readonly #second: SecondLedger | undefined;
  /** By height. */
  readonly #decided: (Decision | undefined)[];
  /** Height of the block that convicted a validator, by its index at genesis. */
  readonly #convictions = new Map<number, Height>();
  #checked: CertifiedBlock["certificate"] | undefined;

  constructor(options: ChecksOptions, report: (what: string) => void) {
    this.#options = options;
    this.#report = report;
    const { chain, history = [], second = false } = options;
    this.#second = second ? new SecondLedger(chain, history) : undefined;
    this.#decided = [chain.state.head, ...history.map(({ head }) => head)];
  }

  /** Validators that evidence in a block has convicted. */
  get convicted(): number {
    return this.#convictions.size;
  }

  /** Conviction in block h takes a validator out of the set of h + 2. */
  setAt(height: Height): ValidatorSet {
    const { set } = this.#options.chain;
    if (this.#convictions.size === 0) return set;
    return set.filter((_, index) => (this.#convictions.get(index) ?? Infinity) + 2 > height);
  }

  /** The same set, as indices at genesis. */
  votersAt(height: Height): readonly number[] {
    const indices = [...this.#options.chain.set.keys()];
    if (this.#convictions.size === 0) return indices;
    return indices.filter((index) => (this.#convictions.get(index) ?? Infinity) + 2 > height);
  }

  /** An honest validator has made a block durable; whether nobody honest had one of that height before. */
  decides(place: string, certified: CertifiedBlock, head: ChainHead): boolean {
    const { block, certificate } = certified;
    const { height } = block.header;
    // The sets may differ on the two sides of a fork.
    if (!this.isForked && (certificate !== this.#checked || certificate.height !== height)) {
      this.#verify(place, certificate, head);
    }
    const known = this.#decided[height];
    if (known === undefined) {
      this.#decided[height] = head;
      // On the other side of a fork it stands on another parent.
      if (!this.isForked) this.#judge(place, certified, head);
      this.#convict(block);
    } else if (!equalBytes(known.blockHash, head.blockHash)) {
      this.isForked = true;
      if (this.#options.mayFork !== true) {
        this.#report(`agreement: ${place} decides another block than others`);
      }
    } else if (!equalBytes(known.stateRoot, head.stateRoot)) {
      this.#report(`state: ${place} reaches another state than others`);
    }
    return known === undefined;
  }

  /** On its parent, later than it, within the limits, and leading to the state that it names. */
  #judge(place: string, { block }: CertifiedBlock, head: ChainHead): void {
    const { header, transactions } = block;
    const parent = this.#decided[header.height - 1];
    const { maxBlockTxs } = this.#options.chain.genesis.parameters;
    const isOnParent = parent !== undefined && equalBytes(header.parentHash, parent.blockHash);
    const isWithin = transactions.length <= maxBlockTxs;
    if (!isOnParent || !isWithin || !equalBytes(header.stateRoot, head.stateRoot)) {
      this.#report(`validity: ${place} decides a block that is not valid there`);
    }
    const parentFault = parent === undefined ? undefined : this.#parentFault(block, parent);
    if (parentFault !== undefined)
      this.#report(
        `validity: ${place} decides a block whose parent's certificate has ${parentFault}`,
      );
    const fault = this.#second?.fault(block);
    if (fault !== undefined) this.#report(`validity: ${place} decides a bad block: ${fault}`);
  }

  /** What is wrong with the certificate of its parent that a block carries. */
  #parentFault({ header, lastCommit }: CertifiedBlock["block"], parent: Decision) {
    const height = header.height - 1;
    if (height === 0) return lastCommit === undefined ? undefined : "no place here";
    if (lastCommit === undefined) return "no place";
    const { genesisHash } = this.#options.chain;
    const validators = this.setAt(height);
    return commitFault(lastCommit, {
      genesisHash,
      validators,
      height,
      blockHash: parent.blockHash,
    });
  }

  /** Nobody is ever convicted who was not faulty, and nobody twice. */
  #convict({ header, evidence }: CertifiedBlock["block"]): void {
    const { chain, culprits } = this.#options;
    const { maxEvidenceAgeBlocks } = chain.genesis.parameters;
    for (const { publicKey, height } of evidence) {
      const age = header.height - height;
      if (age < 1 || age > maxEvidenceAgeBlocks) this.#report(`evidence: convicts after ${age}`);
      const index = chain.set.findIndex((v) => equalBytes(v.publicKey, publicKey));
      if (!culprits.has(index)) this.#report(`evidence: convicts honest validator ${index}`);
      if (this.#convictions.has(index)) this.#report(`evidence: convicts ${index} once more`);
      this.#convictions.set(index, header.height);
    }
  }

  #verify(place: string, certificate: CertifiedBlock["certificate"], head: ChainHead): void {
    const { height, blockHash } = head;
    const { genesisHash } = this.#options.chain;
    const claim = { genesisHash, validators: this.setAt(height), height, blockHash };
    const fault = commitFault(certificate, claim);
    if (fault !== undefined) this.#report(`certificate: ${place}: ${fault}`);
    this.#checked = certificate;
  }
}
