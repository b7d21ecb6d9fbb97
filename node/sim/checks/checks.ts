// What must hold in a run, whatever the faults; judged where something becomes visible: a signature that
// left its signer, a block that became durable, a line of a log, a process that ended, a peer that was
// refused. Nothing is taken from the nodes' own word but what they wrote and signed, and what they note.

import { equalBytes } from "../../src/codec/bytes.ts";
import type { Message } from "../../src/codec/frames.ts";
import { toHex } from "../../src/codec/hex.ts";
import { isConflict } from "../../src/consensus/conflict.ts";
import { DAEMON_EXITS, exitFor } from "../../src/daemon/exit-codes.ts";
import { EPOCH_BLOCKS } from "../../src/ledger/validator-state.ts";
import type { SignRequest } from "../../src/ports.ts";
import { type CertifiedBlock, type Height, PRECOMMIT, PREVOTE } from "../../src/types/chain.ts";
import type { Vote } from "../../src/types/consensus.ts";
import { CodedError, type ErrorCode, InvariantError } from "../../src/types/errors.ts";
import type { Conflict, ForkFound } from "../../src/types/fork.ts";
import type { ChainHead } from "../../src/types/ledger.ts";
import type { Machine } from "../world/machine.ts";
import { commitFault } from "./commit-proof.ts";
import { type Counts, Coverage } from "./coverage.ts";
import { type ChecksOptions, Decisions } from "./decisions.ts";
import { OwnWords } from "./own-words.ts";
import { RoundReasons } from "./round-reasons.ts";
import { SeenForks } from "./seen-forks.ts";
import { ShownProofs } from "./shown-proofs.ts";
import { hashIn, Signatures, validRoundIn } from "./signatures.ts";

/** What a process may die of while its disk is in trouble. */
const DISK_CODES: ReadonlySet<ErrorCode> = new Set([
  "WAL_IO",
  "WAL_DISK_FULL",
  "SIGN_DISK",
  "STORE_IO",
  "STORE_DISK_FULL",
]);
const ACCUSATION = "a validator signed two messages that exclude each other";
const MANY_ROUNDS = 5;
const KEPT_ROUNDS = 64;
/** No honest clock is further ahead in any plan, and the delay allowed to a proposal grows slowly. */
const MAX_AHEAD_MS = 30_000;

export class Checks {
  /** What broke, in order; empty in a safe run. */
  readonly violations: string[] = [];
  readonly coverage = new Coverage();
  /** What the first halt marker of an honest validator says, with f + 1 faulty. */
  conflict: Conflict | undefined;
  /** What ended an honest process that saw more than its protocol can bear, with f + 1 faulty. */
  halt: string | undefined;
  /** Highest round that an honest validator signed in. */
  maxRound = 0;
  readonly #signatures: Signatures;
  readonly #reasons: RoundReasons;
  readonly #shown: ShownProofs;
  readonly #words: OwnWords;
  readonly #forks: SeenForks;
  readonly #options: ChecksOptions;
  readonly #decisions: Decisions;
  readonly #heights = new Map<Machine, Height>();
  /** By height: the highest round that an honest node entered. */
  readonly #entered: number[] = [];
  /** The round of the height in progress. */
  readonly #rounds = new Map<Machine, { readonly height: number; readonly round: number }>();
  readonly #first: Height;
  /** The last question for a proposal. */
  readonly #asked = new Map<Machine, { readonly frame: Uint8Array; readonly atMs: number }>();

  constructor(options: ChecksOptions) {
    this.#options = options;
    const { chain, history = [] } = options;
    this.#first = history.length;
    const report = (what: string) => this.report(what);
    this.#decisions = new Decisions(options, report);
    this.#signatures = new Signatures(chain.set.length, {
      // Its own words: a quorum of the product's may be what is wrong.
      quorumAt: (height) => Math.floor((2 * this.#decisions.setAt(height).length) / 3) + 1,
      report,
      coverage: this.coverage,
    });
    const { culprits } = options;
    const { genesisHash } = chain;
    const setAt = (height: Height) => this.#decisions.setAt(height);
    this.#forks = new SeenForks({ genesisHash, setAt, report });
    this.#words = new OwnWords({ chain, culprits, report });
    this.#shown = new ShownProofs({ chain, culprits, decisions: this.#decisions, report });
    this.#reasons = new RoundReasons((height) => this.#decisions.votersAt(height), report);
  }

  /** Two honest validators decided differently, with f + 1 faulty. */
  get isForked(): boolean {
    return this.#decisions.isForked;
  }

  /** Validators that evidence in a block has convicted. */
  get convicted(): number {
    return this.#decisions.convicted;
  }

  get counts(): Counts {
    return { ...this.coverage.counts, setChanges: this.convicted };
  }

  isHonest(machine: Machine): boolean {
    return !this.#options.culprits.has(machine.options.index);
  }

  report(what: string): void {
    this.violations.push(what);
  }

  /** A signature left the signer. */
  signs(machine: Machine, request: SignRequest): void {
    const isHonest = this.isHonest(machine);
    const { round } = request;
    if (isHonest && round > this.maxRound) {
      this.maxRound = round;
      if (round > MANY_ROUNDS) this.coverage.once("roundsAbove5");
      if (round > KEPT_ROUNDS) this.coverage.once("roundsAbove64");
    }
    const { index } = machine.options;
    this.#signatures.signs(index, request, isHonest);
    if (this.#options.mayFork === true) return;
    const { height, step, signBytes } = request;
    if (isHonest) this.#reasons.enters(index, height, round);
    if (isHonest) this.#words.signs(machine, request, hashIn(signBytes));
    if (isHonest && step === 1) this.#shown.proposes(machine, request, validRoundIn(signBytes));
    if (step === 1) return;
    const type = step === 2 ? PREVOTE : PRECOMMIT;
    const vote = { type, height, round, blockHash: hashIn(signBytes) } as const;
    this.#reasons.votes(index, vote);
    if (isHonest) this.#shown.votes(machine, vote);
  }

  /** An honest node reads a message. With f + 1 faulty, nothing follows from what it is shown but a fork. */
  hears(machine: Machine, message: Message): void {
    if (!this.isHonest(machine)) return;
    if (this.#options.mayFork === true) return this.#hearsFork(machine, message);
    this.#shown.hears(machine, message);
    if (message.type === "evidence") this.#words.hears(machine, toHex(message.evidence.publicKey));
  }

  /** Once a fork is decided, the sets may differ on its two sides. */
  #hearsFork(machine: Machine, message: Message): void {
    const at = this.#rounds.get(machine);
    if (at === undefined || at.height <= machine.height || this.isForked) return;
    this.#forks.hears(machine, message, { ...at, nowMs: nowMsOf(machine) });
  }

  /** A culprit has signed a vote that its node did not ask for. */
  forges(vote: Omit<Vote, "signature">): void {
    this.#signatures.byzantine(vote);
    this.#reasons.votes(vote.validatorIndex, vote);
  }

  /**
   * The guard of the key is the last line: in one life of a process, nothing comes to it that it must refuse.
   * Over a restart it may: of several signatures that were given at once, the log may know none.
   */
  refuses(machine: Machine, reason: string): void {
    if (!this.isHonest(machine) || this.#options.mayFork === true) return;
    const { index } = machine.options;
    this.report(`guard: validator ${index} is asked to sign what its key refuses: ${reason}`);
  }

  /** A block became durable. */
  commits(machine: Machine, certified: CertifiedBlock, head: ChainHead): void {
    if (!this.isHonest(machine)) return;
    const { height } = certified.block.header;
    this.#forks.decides(machine, height, nowMsOf(machine));
    const place = `validator ${machine.options.index} at height ${height}`;
    const last = this.#heights.get(machine) ?? this.#first;
    if (height !== last + 1) this.report(`heights: ${place} after ${last}`);
    this.#heights.set(machine, height);
    const isFirst = this.#decisions.decides(place, certified, head);
    if (isFirst && this.#options.mayFork !== true)
      this.#words.decided(certified.block, head.blockHash);
    const aheadMs = head.timestampMs - machine.options.time.nowMs();
    if (aheadMs > MAX_AHEAD_MS)
      this.report(`time: ${place} decides a block of ${aheadMs} ms ahead`);
    const { supply, feePot } = head;
    const { coins } = this.#options.chain;
    if (supply + feePot !== coins) {
      this.report(`coins: ${place} has ${supply} and ${feePot} in fees, not ${coins}`);
    }
    const inRound = this.#rounds.get(machine);
    if (inRound?.height === height && certified.certificate.round < inRound.round)
      this.coverage.count("olderCommits");
    if (height > this.#first && height % EPOCH_BLOCKS === 1 && height > 1)
      this.coverage.once("epochs");
  }

  /** A process starts on what the disks kept: the head may be one write further than what was heard of. */
  resumes(machine: Machine): void {
    this.#shown.starts(machine);
    this.#words.starts(machine);
    this.#forks.starts(machine);
    const head = machine.store.head();
    if (!this.isHonest(machine) || head === undefined) return;
    const last = this.#heights.get(machine) ?? this.#first;
    for (let height = last + 1; height <= head.height; height++) {
      const certified = machine.store.block(height);
      if (certified !== undefined) this.commits(machine, certified, headAt(certified, head));
    }
    const reached = this.#heights.get(machine) ?? this.#first;
    if (head.height !== reached)
      this.report(
        `heights: validator ${machine.options.index} resumes at ${head.height}, not ${reached}`,
      );
  }

  /** Its disk is empty now: it begins anew. */
  wiped(machine: Machine): void {
    this.coverage.count("wipes");
    this.#heights.set(machine, 0);
    this.#shown.wiped(machine);
    this.#words.wiped(machine);
  }

  /** A line of a log. */
  notes(machine: Machine, message: string, fields: object): void {
    if (!this.isHonest(machine)) return;
    if (message === "newRound") this.#enters(machine, fields as { height: number; round: number });
    else if (message === "invalidProposal" && this.#options.mayFork !== true)
      this.#words.refuses(machine, fields as Parameters<OwnWords["refuses"]>[1]);
    else if (message === "not signing") this.coverage.count("signHolds");
    else if (message === ACCUSATION) this.#accuses(machine, fields as Accusation);
  }

  /** It asks for a proposal of a block that it lacks: perhaps for one that it has asked for before. */
  asks(machine: Machine, nowMs: number, frame: Uint8Array): void {
    if (!this.isHonest(machine)) return;
    const last = this.#asked.get(machine);
    const isSame = last !== undefined && equalBytes(last.frame, frame);
    if (isSame && nowMs > last.atMs) this.coverage.count("fetchedAgain");
    this.#asked.set(machine, { frame, atMs: nowMs });
  }

  /** A process ended by itself: only a disk in trouble excuses an honest one. */
  fails(machine: Machine, error: unknown, hadTrouble: boolean): void {
    if (!this.isHonest(machine)) return;
    if (this.#options.mayFork === true && error instanceof InvariantError) {
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
    if (this.#options.mayFork !== true) this.report(`${place} sees a fork`);
    const { genesisHash, set } = this.#options.chain;
    const claim = { genesisHash, validators, height };
    const isProved = [ours, theirs].every(
      (side) => commitFault(side, { ...claim, blockHash: side.blockHash }) === undefined,
    );
    if (!isProved || !isConflict(ours, theirs)) this.report(`${place} has no proof of it`);
    const both = validators.filter(
      (_, i) => ours.signers[i] === true && theirs.signers[i] === true,
    );
    const marker = machine.haltMarker?.kind === "diverged" ? undefined : machine.haltMarker;
    const named = (conflict.kind === "sameRound" ? marker?.culprits : marker?.suspects) ?? [];
    const keys = both.map(({ publicKey }) => toHex(publicKey));
    if (named.map(({ publicKey }) => publicKey).join() !== keys.join()) {
      this.report(`${place} does not name those who signed both`);
    }
    const isGuilty = (publicKey: Uint8Array) =>
      this.#options.culprits.has(set.findIndex((known) => equalBytes(known.publicKey, publicKey)));
    if (conflict.kind === "sameRound" && !both.every(({ publicKey }) => isGuilty(publicKey))) {
      this.report(`${place} names an honest validator a culprit`);
    }
    this.conflict ??= conflict;
  }

  /** A link was closed for a breach of the protocol: never between honest validators. */
  punishes(machine: Machine, peerId: string, reason: string): void {
    const { chain, culprits } = this.#options;
    const peer = chain.nodeIds.indexOf(peerId);
    // On two sides of a fork each other's blocks are false.
    if (!this.isHonest(machine) || peer === -1 || culprits.has(peer) || this.isForked) return;
    this.report(`punished: validator ${machine.options.index} refuses honest ${peer}: ${reason}`);
  }

  /** Only a round that an honest node can have left the one before for. */
  #enters(machine: Machine, { height, round }: { height: number; round: number }): void {
    this.#rounds.set(machine, { height, round });
    // Beyond f faults the culprits' votes alone pull an honest node ahead.
    if (this.#options.mayFork === true) return;
    this.#shown.enters(machine, { height, round });
    this.#words.enters(machine, { height, round });
    const highest = this.#entered[height] ?? 0;
    if (round <= highest) return;
    this.#entered[height] = round;
    if (round <= highest + 1) return;
    const { index } = machine.options;
    this.report(`rounds: validator ${index} enters ${height}/${round}, honest ones ${highest}`);
  }

  /** Nobody honest is accused. */
  #accuses(machine: Machine, { validator, kind, height }: Accusation): void {
    const { chain, culprits } = this.#options;
    const accused = chain.set.findIndex(({ publicKey }) => toHex(publicKey) === validator);
    if (!culprits.has(accused)) {
      this.report(`evidence: honest validator ${accused} is accused of ${kind}`);
      return;
    }
    if (height <= machine.height) this.coverage.count("lateEvidence");
    if (this.#options.mayFork !== true) this.#words.accuses(machine, validator, height);
  }
}

/** Virtual time, the same for all machines. */
const nowMsOf = ({ options }: Machine): number => options.time.monotonicMs();

interface Accusation {
  readonly kind: string;
  /** The public key in hex. */
  readonly validator: string;
  readonly height: Height;
}

/** Of a block that was written together with the head's, what can be told of the chain's end at it. */
function headAt({ block: { header }, certificate }: CertifiedBlock, head: ChainHead): ChainHead {
  const { height, timestampMs, stateRoot } = header;
  return height === head.height
    ? head
    : { ...head, height, timestampMs, stateRoot, blockHash: certificate.blockHash };
}

/** Who is to answer for a fork. */
export const conflictLine = (conflict: Conflict): string =>
  conflict.kind === "sameRound"
    ? `same round; culprits ${conflict.culprits.join(", ")}`
    : `two rounds; suspects ${conflict.suspects.join(", ")}`;
