// With f + 1 faulty: an honest node that was shown commits of two blocks of one height, by votes or by
// certificates, halts and does not decide. Somebody else may see the fork later, when more is built on it.
//
// Judged from what a node reads of the height in progress. As in the node, the first precommit of a validator
// in a round counts, however it came. What comes in the last moments before a block is durable comes after
// the decision, and counts for nothing. Bound: one height for each machine.

import type { Message } from "../../src/codec/frames.ts";
import { toHex } from "../../src/codec/hex.ts";
import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { type Height, PRECOMMIT, type Round, type ValidatorSet } from "../../src/types/chain.ts";
import type { Vote } from "../../src/types/consensus.ts";
import { fakeVerify } from "../world/keyring.ts";
import { quorumFault } from "./commit-proof.ts";

const NIL = "00".repeat(32);
/** More than from a decision to its block being durable. */
const WRITE_MS = 3;
/** Votes of rounds further ahead need not be kept. */
const ROUNDS_AHEAD = 2;

/** A machine, as far as it matters here. */
interface Judged {
  readonly options: { readonly index: number };
  readonly haltMarker: unknown;
}

/** What a machine is at. */
export interface InProgress {
  readonly height: Height;
  readonly round: Round;
  readonly nowMs: number;
}

interface Shown {
  readonly height: Height;
  /** By round and validator: the block of its first precommit. */
  readonly firsts: Map<string, string>;
  /** By block: when it had its commit. */
  readonly commits: Map<string, number>;
}

export interface SeenForksOptions {
  readonly genesisHash: Uint8Array;
  readonly setAt: (height: Height) => ValidatorSet;
  readonly report: (what: string) => void;
}

export class SeenForks {
  readonly #options: SeenForksOptions;
  readonly #shown = new Map<Judged, Shown>();

  constructor(options: SeenForksOptions) {
    this.#options = options;
  }

  /** A process starts: it may have forgotten what it was shown. */
  starts(machine: Judged): void {
    this.#shown.delete(machine);
  }

  hears(machine: Judged, message: Message, at: InProgress): void {
    const known = this.#shown.get(machine);
    const shown =
      known?.height === at.height
        ? known
        : { height: at.height, firsts: new Map<string, string>(), commits: new Map() };
    this.#shown.set(machine, shown);
    if (message.type === "vote") this.#vote(shown, message.vote, at);
    else if (message.type === "certificate") {
      const { certificate } = message;
      const { genesisHash, setAt } = this.#options;
      const context = { genesisHash, validators: setAt(at.height) };
      const isCommit = certificate.type === PRECOMMIT && certificate.height === at.height;
      if (!isCommit || quorumFault(certificate, context) !== undefined) return;
      const hex = toHex(certificate.blockHash);
      this.#firsts(shown, certificate);
      if (hex !== NIL && !shown.commits.has(hex)) shown.commits.set(hex, at.nowMs);
    } else if (message.type === "roundCertificate") {
      for (const group of message.certificate.groups) {
        if (group.type === PRECOMMIT) this.#firsts(shown, group);
      }
    }
  }

  /** A block of the height is durable. */
  decides(machine: Judged, height: Height, nowMs: number): void {
    const shown = this.#shown.get(machine);
    if (shown?.height !== height || machine.haltMarker !== undefined) return;
    const before = [...shown.commits.values()].filter((atMs) => atMs < nowMs - WRITE_MS);
    if (before.length < 2) return;
    this.#options.report(
      `conflict: validator ${machine.options.index} was shown two commits at ${height}, and decides`,
    );
  }

  #vote(shown: Shown, vote: Vote, { height, round, nowMs }: InProgress): void {
    const isCounted = vote.height === height && vote.round <= round + ROUNDS_AHEAD;
    if (vote.type !== PRECOMMIT || !isCounted) return;
    const validators = this.#options.setAt(height);
    const publicKey = validators[vote.validatorIndex]?.publicKey;
    const bytes = voteSignBytes(this.#options.genesisHash, vote);
    if (publicKey === undefined || !fakeVerify(vote.signature, bytes, publicKey)) return;
    const hex = toHex(vote.blockHash);
    first(shown, vote.round, vote.validatorIndex, hex);
    const voted = [...validators.keys()].filter(
      (index) => shown.firsts.get(`${vote.round}/${index}`) === hex,
    );
    const isQuorum = 3 * voted.length > 2 * validators.length;
    if (isQuorum && hex !== NIL && !shown.commits.has(hex)) shown.commits.set(hex, nowMs);
  }

  #firsts(
    shown: Shown,
    votes: {
      readonly round: Round;
      readonly blockHash: Uint8Array;
      readonly signers: readonly boolean[];
    },
  ): void {
    for (const [index, signed] of votes.signers.entries()) {
      if (signed) first(shown, votes.round, index, toHex(votes.blockHash));
    }
  }
}

function first({ firsts }: Shown, round: Round, index: number, hex: string): void {
  const key = `${round}/${index}`;
  if (!firsts.has(key)) firsts.set(key, hex);
}
