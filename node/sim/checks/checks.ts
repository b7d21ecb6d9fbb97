// What must hold in a run of whole nodes, whatever the faults; judged where something becomes visible: a
// signature that left its signer, a block that became durable, a process that ended, a peer that was
// refused. Nothing is taken from the nodes' own word but what they wrote and signed.

import { equalBytes } from "../../src/codec/bytes.ts";
import { toHex } from "../../src/codec/hex.ts";
import { type Conflict, isConflict } from "../../src/consensus/conflict.ts";
import { verifyCertificate } from "../../src/crypto/certificate.ts";
import { DAEMON_EXITS, exitFor } from "../../src/daemon/exit-codes.ts";
import type { ForkFound } from "../../src/driver/fork-watch.ts";
import type { ChainHead, SignRequest } from "../../src/ports.ts";
import {
  type CertifiedBlock,
  type Height,
  PRECOMMIT,
  type ValidatorSet,
} from "../../src/types/chain.ts";
import { CodedError, type ErrorCode, InvariantError } from "../../src/types/errors.ts";
import type { Chain } from "../world/chain.ts";
import { fakeVerify } from "../world/keyring.ts";
import type { Machine } from "../world/machine.ts";

/** What a process may die of while its disk is in trouble. */
const DISK_CODES: ReadonlySet<ErrorCode> = new Set([
  "WAL_IO",
  "WAL_DISK_FULL",
  "SIGN_DISK",
  "STORE_IO",
  "STORE_DISK_FULL",
]);
const MAX_ROUNDS = 2 ** 16;

interface Decision {
  readonly blockHash: Uint8Array;
  readonly stateRoot: Uint8Array;
}

export class Checks {
  /** What broke, in order; empty in a safe run. */
  readonly violations: string[] = [];
  /** Two honest validators decided differently, with f + 1 faulty. */
  isForked = false;
  /** What the first halt marker of an honest validator says, with f + 1 faulty. */
  conflict: Conflict | undefined;
  /** What ended an honest process that saw more than its protocol can bear, with f + 1 faulty. */
  halt: string | undefined;
  /** Highest round that an honest validator signed in. */
  maxRound = 0;
  readonly #chain: Chain;
  readonly #culprits: ReadonlySet<number>;
  readonly #mayFork: boolean;
  readonly #signed: readonly Map<number, Uint8Array>[];
  readonly #decisions: Decision[] = [];
  /** Height of the block that convicted a validator, by its index at genesis. */
  readonly #convictions = new Map<number, Height>();
  readonly #heights = new Map<Machine, Height>();
  #checked: CertifiedBlock["certificate"] | undefined;

  constructor(chain: Chain, culprits: ReadonlySet<number>, mayFork = false) {
    this.#chain = chain;
    this.#culprits = culprits;
    this.#mayFork = mayFork;
    this.#signed = chain.set.map(() => new Map<number, Uint8Array>());
  }

  /** Validators that evidence in a block has convicted. */
  get convicted(): number {
    return this.#convictions.size;
  }

  isHonest(machine: Machine): boolean {
    return !this.#culprits.has(machine.options.index);
  }

  report(what: string): void {
    this.violations.push(what);
  }

  /** A signature left the signer: one for each (height, round, step), for the life of the key. */
  signs(machine: Machine, { height, round, step, signBytes }: SignRequest): void {
    if (!this.isHonest(machine)) return;
    if (round > this.maxRound) this.maxRound = round;
    const { index } = machine.options;
    const signed = this.#signed[index];
    const key = (height * MAX_ROUNDS + round) * 4 + step;
    const known = signed?.get(key);
    if (known === undefined) signed?.set(key, signBytes);
    else if (!equalBytes(known, signBytes)) {
      this.report(`double sign: validator ${index}, ${height}/${round}/${step}`);
    }
  }

  /** A block became durable. */
  commits(machine: Machine, certified: CertifiedBlock, head: ChainHead): void {
    if (!this.isHonest(machine)) return;
    const { height } = certified.block.header;
    const place = `validator ${machine.options.index} at height ${height}`;
    const last = this.#heights.get(machine) ?? 0;
    if (height !== last + 1) this.report(`heights: ${place} after ${last}`);
    this.#heights.set(machine, height);
    this.#agrees(place, certified, head);
    const { supply, feePot } = head;
    if (supply + feePot !== this.#chain.coins) {
      this.report(`coins: ${place} has ${supply} and ${feePot} in fees, not ${this.#chain.coins}`);
    }
  }

  /** A process starts on what the disks kept: the head may be one further than what was heard of. */
  resumes(machine: Machine): void {
    const head = machine.store.head();
    if (!this.isHonest(machine) || head === undefined) return;
    const last = this.#heights.get(machine) ?? 0;
    const certified = machine.store.block(head.height);
    if (head.height === last) return;
    if (head.height !== last + 1 || certified === undefined) {
      this.report(
        `heights: validator ${machine.options.index} resumes at ${head.height}, not ${last}`,
      );
      return;
    }
    this.commits(machine, certified, head);
  }

  /** A process ended by itself: only a disk in trouble excuses an honest one. */
  fails(machine: Machine, error: unknown, hadTrouble: boolean): void {
    if (!this.isHonest(machine)) return;
    if (this.#mayFork && error instanceof InvariantError) {
      this.halt = `validator ${machine.options.index}: ${error.message}`;
      return;
    }
    const isHalt = machine.haltMarker !== undefined && error instanceof CodedError;
    if (isHalt && exitFor(error.code, 0) === DAEMON_EXITS.halted.number) return;
    const isDisk = error instanceof CodedError && DISK_CODES.has(error.code);
    if (isDisk && hadTrouble) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.report(`fatal: validator ${machine.options.index}: ${text}`);
  }

  /** A node halts: two true certificates, and nobody honest is named for having signed both in one round. */
  forks(machine: Machine, { height, ours, theirs, conflict, validators }: ForkFound): void {
    if (!this.isHonest(machine)) return;
    const { index } = machine.options;
    const place = `conflict: validator ${index} at height ${height}`;
    if (!this.#mayFork) this.report(`${place} sees a fork`);
    const { genesisHash, set } = this.#chain;
    const context = { genesisHash, validators, verify: fakeVerify };
    const isProved = [ours, theirs].every((side) => verifyCertificate(side, context).ok);
    if (!isProved || !isConflict(ours, theirs)) this.report(`${place} has no proof of it`);
    const both = validators.filter(
      (_, i) => ours.signers[i] === true && theirs.signers[i] === true,
    );
    const marker = machine.haltMarker;
    const named = (conflict.kind === "sameRound" ? marker?.culprits : marker?.suspects) ?? [];
    const keys = both.map(({ publicKey }) => toHex(publicKey));
    if (named.map(({ publicKey }) => publicKey).join() !== keys.join()) {
      this.report(`${place} does not name those who signed both`);
    }
    const isGuilty = (publicKey: Uint8Array) =>
      this.#culprits.has(set.findIndex((known) => equalBytes(known.publicKey, publicKey)));
    if (conflict.kind === "sameRound" && !both.every(({ publicKey }) => isGuilty(publicKey))) {
      this.report(`${place} names an honest validator a culprit`);
    }
    this.conflict ??= conflict;
  }

  /** A link was closed for a breach of the protocol: never between honest nodes. */
  punishes(machine: Machine, peerId: string, reason: string): void {
    const peer = this.#chain.nodeIds.indexOf(peerId);
    // On two sides of a fork each other's blocks are false.
    if (!this.isHonest(machine) || this.#culprits.has(peer) || this.isForked) return;
    this.report(`punished: validator ${machine.options.index} refuses honest ${peer}: ${reason}`);
  }

  #agrees(place: string, { block, certificate }: CertifiedBlock, head: ChainHead): void {
    const { height } = block.header;
    const isCommit = certificate.type === PRECOMMIT && certificate.height === height;
    if (!isCommit || !equalBytes(certificate.blockHash, head.blockHash)) {
      this.report(`certificate: ${place} has one of something else`);
    }
    // The sets may differ on the two sides of a fork.
    if (certificate !== this.#checked && !this.isForked) this.#verify(place, certificate);
    const known = this.#decisions[height];
    if (known === undefined) {
      this.#decisions[height] = head;
      this.#convict(block);
    } else if (!equalBytes(known.blockHash, head.blockHash)) {
      this.isForked = true;
      if (!this.#mayFork) this.report(`agreement: ${place} decides another block than others`);
    } else if (!equalBytes(known.stateRoot, head.stateRoot)) {
      this.report(`state: ${place} reaches another state than others`);
    }
  }

  /** Nobody is ever convicted who was not faulty, and nobody twice. */
  #convict({ header, evidence }: CertifiedBlock["block"]): void {
    for (const { publicKey } of evidence) {
      const index = this.#chain.set.findIndex((v) => equalBytes(v.publicKey, publicKey));
      if (!this.#culprits.has(index)) this.report(`evidence: convicts honest validator ${index}`);
      if (this.#convictions.has(index)) this.report(`evidence: convicts ${index} once more`);
      this.#convictions.set(index, header.height);
    }
  }

  /** Conviction in block h takes a validator out of the set of h + 2. */
  #setAt(height: Height): ValidatorSet {
    if (this.#convictions.size === 0) return this.#chain.set;
    return this.#chain.set.filter(
      (_, index) => (this.#convictions.get(index) ?? Infinity) + 2 > height,
    );
  }

  #verify(place: string, certificate: CertifiedBlock["certificate"]): void {
    const { genesisHash } = this.#chain;
    const verdict = verifyCertificate(certificate, {
      genesisHash,
      validators: this.#setAt(certificate.height),
      verify: fakeVerify,
    });
    if (!verdict.ok) this.report(`certificate: ${place}: ${verdict.reason}`);
    this.#checked = certificate;
  }
}
