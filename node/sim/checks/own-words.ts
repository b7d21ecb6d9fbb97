// What honest validators stand for with their own names: a decided block of theirs is one that they proposed,
// no honest validator finds fault with it, it carries the evidence that its maker had, and nothing is signed
// at a height that is over, nor soon after one at which a lost disk may have signed before.
//
// Bound: one entry for each proposal and accusation of honest validators.

import { equalBytes } from "../../src/codec/bytes.ts";
import { toHex } from "../../src/codec/hex.ts";
import type { SignRequest } from "../../src/ports.ts";
import type { Block, Height, Round } from "../../src/types/chain.ts";
import type { Chain } from "../world/chain.ts";

/** A key without a past waits ten heights from the last block that it had to learn, which may be an earlier one. */
const WAITS_HEIGHTS = 5;
/** A block may be stamped too far from another validator's clock, and its maker be honest. */
const UNTIMELY = "stamped ";

export interface OwnWordsOptions {
  readonly chain: Chain;
  readonly culprits: ReadonlySet<number>;
  readonly report: (what: string) => void;
}

/** A machine, as far as it matters here. */
interface Judged {
  readonly options: { readonly index: number };
  /** Of its last durable block. */
  readonly height: Height;
}

interface Accused {
  readonly publicKey: string;
  /** Of the evidence; Infinity where it is not known. */
  readonly height: Height;
}

export class OwnWords {
  readonly #options: OwnWordsOptions;
  /** By height and round: the block that an honest leader proposed. */
  readonly #proposed = new Map<string, Uint8Array>();
  /** The highest height that a machine signed at before its disk was lost, and now. */
  readonly #lostAt = new Map<Judged, Height>();
  readonly #signedAt = new Map<Judged, Height>();
  /** Whom a process accuses. */
  readonly #accused = new Map<Judged, Accused[]>();
  /** Whom it could convict in the round that it is in, by machine. */
  readonly #known = new Map<
    Judged,
    { readonly place: string; readonly accused: readonly Accused[] }
  >();
  readonly #convicted = new Set<string>();

  constructor(options: OwnWordsOptions) {
    this.#options = options;
  }

  /** An honest validator signs. */
  signs(machine: Judged, { height, round, step }: SignRequest, hash: Uint8Array): void {
    const { report } = this.#options;
    const place = `validator ${machine.options.index} signs at ${height}/${round}`;
    if (height <= machine.height) report(`signs: ${place}, and ${machine.height} is decided`);
    const lostAt = this.#lostAt.get(machine) ?? -Infinity;
    if (height <= lostAt + WAITS_HEIGHTS)
      report(`signs: ${place}, as it may have before its disk was lost`);
    this.#signedAt.set(machine, Math.max(height, this.#signedAt.get(machine) ?? 0));
    if (step === 1) this.#proposed.set(placeOf(height, round), hash);
  }

  wiped(machine: Judged): void {
    this.#lostAt.set(machine, this.#signedAt.get(machine) ?? -Infinity);
    this.#accused.delete(machine);
  }

  /** A process starts: evidence that it held is lost. */
  starts(machine: Judged): void {
    this.#accused.delete(machine);
    this.#known.delete(machine);
  }

  /** An honest validator has seen two messages of one validator that exclude each other. */
  accuses(machine: Judged, publicKey: string, height: Height): void {
    this.#keeps(machine, { publicKey, height });
  }

  /** It reads evidence, which may be worth nothing: what it keeps against this validator is not known then. */
  hears(machine: Judged, publicKey: string): void {
    this.#keeps(machine, { publicKey, height: Infinity });
  }

  /** A node keeps one piece against each validator: the first. */
  #keeps(machine: Judged, piece: Accused): void {
    const accused = this.#accused.get(machine) ?? [];
    if (accused.some(({ publicKey }) => publicKey === piece.publicKey)) return;
    this.#accused.set(machine, [...accused, piece]);
  }

  /** It enters a round: what it knows by now it may put into the block of that round. */
  enters(machine: Judged, { height, round }: { height: Height; round: Round }): void {
    const accused = this.#accused.get(machine) ?? [];
    if (accused.length > 0) this.#known.set(machine, { place: placeOf(height, round), accused });
  }

  /** An honest validator finds fault with the proposal of a round. */
  refuses(machine: Judged, fault: { height: Height; round: Round; reason: string }): void {
    const { height, round, reason } = fault;
    if (reason.startsWith(UNTIMELY) || !this.#proposed.has(placeOf(height, round))) return;
    const { index } = machine.options;
    this.#options.report(
      `refused: validator ${index} at ${height}/${round}, an honest one's: ${reason}`,
    );
  }

  /** A block is decided, for the first time. */
  decided(block: Block, hash: Uint8Array): void {
    const { header, evidence } = block;
    const { chain, culprits, report } = this.#options;
    const proposer = chain.set.findIndex(({ publicKey }) => equalBytes(publicKey, header.proposer));
    const place = placeOf(header.height, header.round);
    const known = this.#proposed.get(place);
    if (!culprits.has(proposer) && (known === undefined || !equalBytes(known, hash)))
      report(`proposed: validator ${proposer} never proposed what is decided of ${place}`);
    for (const machine of this.#known.keys()) {
      if (machine.options.index === proposer) this.#carries(machine, block);
    }
    for (const { publicKey } of evidence) this.#convicted.add(toHex(publicKey));
  }

  /** The evidence that its maker had when it entered the round. */
  #carries(machine: Judged, { header, evidence }: Block): void {
    const known = this.#known.get(machine);
    if (known?.place !== placeOf(header.height, header.round)) return;
    const { maxEvidenceAgeBlocks } = this.#options.chain.genesis.parameters;
    for (const { publicKey, height } of known.accused) {
      const age = header.height - height;
      const isFit = age >= 1 && age <= maxEvidenceAgeBlocks && !this.#convicted.has(publicKey);
      if (!isFit || evidence.some((piece) => toHex(piece.publicKey) === publicKey)) continue;
      const { index } = machine.options;
      this.#options.report(
        `evidence: validator ${index} has some and leaves it out of ${header.height}`,
      );
    }
  }
}

const placeOf = (height: Height, round: Round): string => `${height}/${round}`;
