// Who hears whom (docs/adr/0017). In a full mesh every validator hears every other one directly, and this
// module sends nothing. Where a height stands still, it tells the linked validators whom this node does not
// hear, and it remembers what they tell. Forwarding asks it what a peer lacks.
//
// A validator is not heard where it has no link to this node, or where its link is silent: nothing
// has come by it since this was last said of the height, and for SILENT_MS.
//
// What peers say here is a claim. A lie costs its teller nothing but more frames: it is sent copies of what
// validators have signed. Bound: one set of at most MAX_VALIDATORS keys for each linked validator.

import { toHex } from "../../codec/hex.ts";
import type { Clock, Peer } from "../../ports.ts";
import type { HashHex, Height } from "../../types/chain.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { Outbound } from "./outbound.ts";
import type { PeerBook, PeerState } from "./peer-book.ts";

/** A link that was quiet for less than this is not silent, however short the rounds are. */
const SILENT_MS = 1_000;
const NOBODY: ReadonlySet<HashHex> = new Set();

export interface ReachParts {
  readonly clock: Clock;
  readonly chain: ChainState;
  readonly peers: PeerBook;
  readonly outbound: Pick<Outbound, "to" | "toValidators">;
}

export class Reach {
  readonly #parts: ReachParts;
  /** By peer: when the last frame came, monotonic. */
  readonly #heardAtMs = new Map<string, number>();
  /** By peer: the public keys that it says it does not hear. Only sets that are not empty. */
  readonly #missing = new Map<string, ReadonlySet<HashHex>>();
  /** Peers whose links are silent. */
  readonly #silent = new Set<string>();
  /** The height that stands still, how often that was said of it, and when last. */
  #height: Height = 0;
  #stops = 0;
  #stoppedAtMs = 0;
  /** The keys that were told last, joined; empty: none. */
  #told = "";

  constructor(parts: ReachParts) {
    this.#parts = parts;
  }

  /** A link stands: what was told to the others is told to it, too. */
  connected(peer: Peer): void {
    this.heard(peer.id);
    if (this.#told === "") return;
    this.#parts.outbound.to(peer.id, { type: "reach", missing: this.#unheard() });
  }

  disconnected(peerId: string): void {
    this.#heardAtMs.delete(peerId);
    this.#missing.delete(peerId);
    this.#silent.delete(peerId);
  }

  /** A frame came by this link. */
  heard(peerId: string): void {
    this.#heardAtMs.set(peerId, this.#parts.clock.monotonicMs());
    this.#silent.delete(peerId);
  }

  /** The height in progress stands still: whom this node does not hear is told. */
  stoodStill(): void {
    const { clock, chain } = this.#parts;
    const height = chain.head.height + 1;
    const nowMs = clock.monotonicMs();
    this.#stops = height === this.#height ? this.#stops + 1 : 1;
    this.#height = height;
    if (this.#stops > 1) this.#findSilent(nowMs);
    this.#stoppedAtMs = nowMs;
    this.#tell(this.#unheard());
  }

  /** From time to time: a change of what was told is told. */
  check(): void {
    if (this.#told === "") return;
    const unheard = this.#unheard();
    if (keyOf(unheard) !== this.#told) this.#tell(unheard);
  }

  /** A validator says whom it does not hear; true where that is news. */
  claimed(peer: Peer, missing: readonly Uint8Array[]): boolean {
    if (this.#parts.peers.get(peer.id)?.validatorIndex === undefined) return false;
    const before = this.#missing.get(peer.id) ?? NOBODY;
    const now = new Set(missing.map((key) => toHex(key)));
    if (now.size === 0) this.#missing.delete(peer.id);
    else this.#missing.set(peer.id, now);
    return now.size !== before.size || [...now].some((key) => !before.has(key));
  }

  /** Whether any linked validator lacks anything: false in a full mesh, whatever the rest of this class says. */
  get isPartial(): boolean {
    return this.#missing.size > 0 || this.#silent.size > 0;
  }

  /** Whether the peer does not hear the validator with this public key, as far as this node knows. */
  lacks({ peer, validatorIndex }: PeerState, publicKey: HashHex): boolean {
    if (validatorIndex === undefined) return false;
    return this.#hearsNobody(peer.id) || this.#missing.get(peer.id)?.has(publicKey) === true;
  }

  /** The public keys that the peer does not hear; "all" where it may hear nobody. */
  lackedBy({ peer }: PeerState): ReadonlySet<HashHex> | "all" {
    return this.#hearsNobody(peer.id) ? "all" : (this.#missing.get(peer.id) ?? NOBODY);
  }

  /** A silent peer may hear without being heard: while the height stands still, it is taken to hear nobody. */
  #hearsNobody(peerId: string): boolean {
    const isStill = this.#height === this.#parts.chain.head.height + 1 && this.#stops > 1;
    return isStill && this.#silent.has(peerId);
  }

  #findSilent(nowMs: number): void {
    for (const { peer } of this.#parts.peers.validators()) {
      const heardAtMs = this.#heardAtMs.get(peer.id) ?? nowMs;
      const isSilent = heardAtMs < this.#stoppedAtMs && nowMs - heardAtMs >= SILENT_MS;
      if (isSilent) this.#silent.add(peer.id);
    }
  }

  /** Public keys of the validators that this node does not hear directly, in the order of the set. */
  #unheard(): readonly Uint8Array[] {
    const { chain, peers } = this.#parts;
    const heard = new Set<number | undefined>([chain.selfIndex]);
    for (const { peer, validatorIndex } of peers.validators()) {
      if (!this.#silent.has(peer.id)) heard.add(validatorIndex);
    }
    const unheard = chain.validators.filter((_, index) => !heard.has(index));
    return unheard.map(({ publicKey }) => publicKey);
  }

  #tell(missing: readonly Uint8Array[]): void {
    const key = keyOf(missing);
    if (key === "" && this.#told === "") return;
    this.#told = key;
    this.#parts.outbound.toValidators({ type: "reach", missing });
  }
}

const keyOf = (keys: readonly Uint8Array[]): string => keys.map((key) => toHex(key)).join();
