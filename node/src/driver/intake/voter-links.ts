// Whose links may bring messages of consensus: those of the validators of the height in progress and of
// the next one, so that a validator that has just been ejected, or that is about to enter, is not cut.
// A validator may bring what any other one signed. Called by the inbound gate, before a frame is read.

import { type MessageType } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import type { Peer } from "../../ports.ts";
import type { HashHex, ValidatorSet } from "../../types/chain.ts";
import type { ChainState } from "../chain/chain-state.ts";

const OF_VOTERS = [
  "vote",
  "proposal",
  "compactProposal",
  "certificate",
  "roundCertificate",
] as const satisfies readonly MessageType[];

/** What is taken from validators' links only. */
export type OfVoters = (typeof OF_VOTERS)[number];
export const IS_OF_VOTERS: ReadonlySet<MessageType | undefined> = new Set(OF_VOTERS);

export class VoterLinks {
  readonly #chain: Pick<ChainState, "head" | "validators" | "validatorsAt">;
  /** The two sets that the answers below hold for. */
  #current: ValidatorSet = [];
  #next: ValidatorSet = [];
  #nodeKeys: ReadonlySet<HashHex> = new Set();
  /** One answer for each link, until a set changes. */
  #answers = new WeakMap<Peer, boolean>();

  constructor(chain: Pick<ChainState, "head" | "validators" | "validatorsAt">) {
    this.#chain = chain;
  }

  has(peer: Peer): boolean {
    this.#follow();
    const known = this.#answers.get(peer);
    if (known !== undefined) return known;
    const isVoter = this.#nodeKeys.has(toHex(peer.nodeKey));
    this.#answers.set(peer, isVoter);
    return isVoter;
  }

  #follow(): void {
    const { validators, head } = this.#chain;
    const next = this.#chain.validatorsAt(head.height + 2);
    if (validators === this.#current && next === this.#next) return;
    this.#current = validators;
    this.#next = next;
    this.#nodeKeys = new Set([...validators, ...next].map(({ nodeKey }) => toHex(nodeKey)));
    this.#answers = new WeakMap();
  }
}
