// What a node has been shown it must use. An honest node that has been shown a commit of the height, and has
// the block, enters no further round; one that has been shown a polka, and has the block, does not propose an
// older value when it leads a later round, nor votes nil where the polka is of the round that it is in; one that
// has been shown a quorum for nil has left that round.
// So a rule that only spares others a round is seen where it is missing: in a run as a whole, somebody else
// makes up for it.
//
// What is shown is judged here, from the frames that a node reads: certificates as a whole, votes of honest
// validators one by one, as those of others may exclude each other. What a node had been shown before it
// started counts as nothing. Bound: the height in progress of each machine.

import type { Message } from "../../src/codec/frames.ts";
import { toHex } from "../../src/codec/hex.ts";
import { proposalSignBytes, voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { bodyMatchesHeader } from "../../src/driver/chain/verify-message.ts";
import { type Certificate, type Height, PREVOTE, type Round } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import type { Chain } from "../world/chain.ts";
import { fakeVerify } from "../world/keyring.ts";
import { quorumFault } from "./commit-proof.ts";
import type { Decisions } from "./decisions.ts";
import type { SignedVote } from "./round-reasons.ts";

const NIL = "00".repeat(32);
/** Votes of rounds further ahead need not be kept, and blocks of rounds longer ago. */
const ROUNDS_AHEAD = 2;
const KEPT_ROUNDS = 60;

/** A machine, as far as it matters here. */
interface Judged {
  readonly options: { readonly index: number };
}

/** What one machine was shown of the height in progress. */
interface Shown {
  readonly height: Height;
  round: Round;
  /** By type, round and value: the honest who voted for it, by index at genesis. */
  readonly voters: Map<string, Set<number>>;
  /**
   * Own votes that count from the next frame on: several that a hold kept back are signed in one go, and the
   * node is shown them after what it does in that moment.
   */
  readonly own: Value[];
  /** By block hash: the round of its commit. */
  readonly commits: Map<string, Round>;
  /** Blocks that honest leaders proposed in the round that it was in, by hash, and that round. */
  readonly blocks: Map<string, Round>;
  /** By round: the block of its polka. */
  readonly polkas: Map<Round, string>;
  /** The highest round that a quorum for nil has ended. */
  ended: Round;
  /** The latest polka for a block that it had when it entered its round; -1: none. */
  polkaAtEntry: Round;
}

export interface ShownProofsOptions {
  readonly chain: Chain;
  readonly culprits: ReadonlySet<number>;
  readonly decisions: Pick<Decisions, "setAt" | "votersAt">;
  readonly report: (what: string) => void;
}

export class ShownProofs {
  readonly #options: ShownProofsOptions;
  readonly #shown = new Map<Judged, Shown>();
  /** By machine: the blocks that it has prevoted at a height, and so has, and in which round. */
  readonly #held = new Map<Judged, { readonly height: Height; readonly at: Map<string, Round> }>();
  /** A frame that goes to many is judged once. */
  readonly #genuine = new WeakMap<Vote | Certificate, boolean>();

  constructor(options: ShownProofsOptions) {
    this.#options = options;
  }

  /** A process starts, with what its log kept. */
  starts(machine: Judged): void {
    this.#shown.delete(machine);
  }

  wiped(machine: Judged): void {
    this.#held.delete(machine);
  }

  /** It reads a message. */
  hears(machine: Judged, message: Message): void {
    const shown = this.#shown.get(machine);
    if (shown === undefined) return;
    for (const value of shown.own.splice(0)) this.#count(shown, machine.options.index, value);
    if (message.type === "vote") this.#vote(shown, message.vote);
    else if (message.type === "certificate") this.#certificate(shown, message.certificate);
    else if (message.type === "proposal") this.#proposal(shown, message.proposal);
  }

  /** It signs a vote: the block is one that it has. */
  votes(machine: Judged, { type, height, round, blockHash }: SignedVote): void {
    const known = this.#held.get(machine);
    const held = known?.height === height ? known : { height, at: new Map<string, Round>() };
    this.#held.set(machine, held);
    const hex = toHex(blockHash);
    const shown = this.#shown.get(machine);
    if (hex !== NIL) held.at.set(hex, round);
    if (shown?.height === height) shown.own.push({ type, round, hex });
  }

  /** It signs a proposal of a value whose polka is of `validRound`; -1: of a new block. */
  proposes(
    machine: Judged,
    { height, round }: { height: Height; round: Round },
    validRound: Round,
  ) {
    const shown = this.#shown.get(machine);
    if (shown?.height !== height || shown.round !== round || validRound >= shown.polkaAtEntry)
      return;
    const { index } = machine.options;
    this.#options.report(
      `shown: validator ${index} proposes ${height}/${round} without the polka of ${shown.polkaAtEntry}`,
    );
  }

  /** It enters a round. */
  enters(machine: Judged, { height, round }: { height: Height; round: Round }): void {
    const known = this.#shown.get(machine);
    const shown = known?.height === height && round > 0 ? known : newShown(height);
    this.#shown.set(machine, shown);
    shown.round = round;
    const held = this.#held.get(machine);
    const heldAt = (hex: string): Round | undefined =>
      held?.height === height ? held.at.get(hex) : undefined;
    const has = (hex: string): boolean =>
      (heldAt(hex) ?? shown.blocks.get(hex) ?? -Infinity) >= round - KEPT_ROUNDS;
    const place = `validator ${machine.options.index} enters ${height}/${round}`;
    for (const [hex, at] of shown.commits) {
      if (has(hex) && at >= round - KEPT_ROUNDS)
        this.#options.report(`shown: ${place} with a commit of ${at}`);
    }
    if (shown.ended >= round)
      this.#options.report(`shown: ${place}, and round ${shown.ended} is over`);
    shown.polkaAtEntry = Math.max(
      -1,
      ...[...shown.polkas].filter(([at, hex]) => at < round && has(hex)).map(([at]) => at),
    );
  }

  /** Of a leader that has no reason to be refused: its new block, whole. */
  #proposal(shown: Shown, { proposal, block }: ProposalMessage): void {
    const { height, round, validRound, proposerIndex, blockHash, signature } = proposal;
    if (height !== shown.height || round !== shown.round || validRound !== -1) return;
    const index = this.#options.decisions.votersAt(height)[proposerIndex];
    if (index === undefined || this.#options.culprits.has(index)) return;
    const { genesisHash, set } = this.#options.chain;
    const publicKey = set[index]?.publicKey ?? new Uint8Array(0);
    const isGenuine = fakeVerify(signature, proposalSignBytes(genesisHash, proposal), publicKey);
    // Somebody may have put another body to the leader's header.
    if (isGenuine && bodyMatchesHeader(block)) shown.blocks.set(toHex(blockHash), round);
  }

  #certificate(shown: Shown, certificate: Certificate): void {
    const { type, height, round, blockHash } = certificate;
    if (height !== shown.height || !this.#isProof(certificate)) return;
    this.#proves(shown, { type, round, hex: toHex(blockHash) });
  }

  #vote(shown: Shown, vote: Vote): void {
    const { type, height, round, blockHash, validatorIndex } = vote;
    if (height !== shown.height || round > shown.round + ROUNDS_AHEAD) return;
    const index = this.#options.decisions.votersAt(height)[validatorIndex];
    if (index === undefined || this.#options.culprits.has(index)) return;
    if (this.#isGenuine(vote, index))
      this.#count(shown, index, { type, round, hex: toHex(blockHash) });
  }

  #count(shown: Shown, index: number, value: Value): void {
    const key = `${value.type}/${value.round}/${value.hex}`;
    const voters = shown.voters.get(key) ?? new Set();
    shown.voters.set(key, voters.add(index));
    const members = this.#options.decisions.votersAt(shown.height).length;
    if (3 * voters.size > 2 * members) this.#proves(shown, value);
  }

  #proves(shown: Shown, { type, round, hex }: Value): void {
    if (hex === NIL) shown.ended = Math.max(shown.ended, round);
    else if (type === PREVOTE) shown.polkas.set(round, hex);
    else shown.commits.set(hex, round);
  }

  #isProof(certificate: Certificate): boolean {
    const known = this.#genuine.get(certificate);
    if (known !== undefined) return known;
    const { genesisHash } = this.#options.chain;
    const validators = this.#options.decisions.setAt(certificate.height);
    const isProof = quorumFault(certificate, { genesisHash, validators }) === undefined;
    this.#genuine.set(certificate, isProof);
    return isProof;
  }

  #isGenuine(vote: Vote, index: number): boolean {
    const known = this.#genuine.get(vote);
    if (known !== undefined) return known;
    const { genesisHash, set } = this.#options.chain;
    const publicKey = set[index]?.publicKey ?? new Uint8Array(0);
    const isGenuine = fakeVerify(vote.signature, voteSignBytes(genesisHash, vote), publicKey);
    this.#genuine.set(vote, isGenuine);
    return isGenuine;
  }
}

interface Value {
  readonly type: number;
  readonly round: Round;
  readonly hex: string;
}

const newShown = (height: Height): Shown => ({
  height,
  round: 0,
  voters: new Map(),
  own: [],
  commits: new Map(),
  blocks: new Map(),
  polkas: new Map(),
  ended: -1,
  polkaAtEntry: -1,
});
