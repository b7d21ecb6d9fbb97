// All that the node knows of addresses: the book, what outlives the process, what peers tell and are told. The
// transport asks and tells it; the dialler works on its book.

import { join } from "node:path";
import { MAX_PEER_ADDRESSES } from "../../../types/limits.ts";
import type { ProtectedPeers } from "../admission/protected-peers.ts";
import type { IpGrouping } from "../ip-groups.ts";
import type { PeerLimits } from "../limits.ts";
import type { WsTransportOptions } from "../transport-options.ts";
import { AddressBook } from "./address-book.ts";
import { worthTelling } from "./introductions.ts";
import { type PeerAddress, parsePeerAddress } from "./peer-address.ts";
import { SavedAddresses } from "./saved-addresses.ts";
import { ToldRate } from "./told-rate.ts";

const FILE = "peers.json";

export interface KnownAddressesParts {
  readonly options: WsTransportOptions;
  readonly limits: PeerLimits;
  readonly configured: readonly PeerAddress[];
  readonly protectedPeers: ProtectedPeers;
  readonly groupsOf: IpGrouping;
  /** Whether this node dialled the link that stands with the peer. */
  readonly isOutbound: (peerId: string) => boolean;
}

export class KnownAddresses {
  readonly book: AddressBook;
  readonly #parts: KnownAddressesParts;
  readonly #rate: ToldRate;
  readonly #saved: SavedAddresses | undefined;
  /** Where to go on among the protected peers when the next peer is told. */
  #introduced = 0;

  /** Reads what an earlier process saved. */
  constructor(parts: KnownAddressesParts) {
    this.#parts = parts;
    const { options, limits, protectedPeers, groupsOf } = parts;
    this.book = new AddressBook({
      selfId: options.identity.nodeId,
      limits,
      isProtected: (peerId) => protectedPeers.has(peerId),
      groupOfHost: (host) => groupsOf(host).group || host,
    });
    for (const address of parts.configured) this.book.configure(address);
    this.#rate = new ToldRate(limits.toldPerSec, limits.toldAtOnce);
    this.#saved = this.#openSaved();
    protectedPeers.remember(this.#saved?.restore() ?? []);
  }

  /** What a peer says of others. "news" where the book is another now. */
  told(
    addresses: readonly string[],
    fromPeerId: string,
    group: string,
  ): "news" | "known" | "tooFast" {
    const { options, protectedPeers } = this.#parts;
    const nowMs = options.clock.monotonicMs();
    if (!this.#rate.takes(fromPeerId, addresses.length, nowMs)) return "tooFast";
    if (options.dialLearned === false) return "known";
    const source = protectedPeers.has(fromPeerId) || group === "" ? fromPeerId : group;
    let isNews = false;
    for (const text of addresses) {
      const parsed = parsePeerAddress(text);
      if (parsed.ok) isNews = this.book.learn(parsed.value, source) || isNews;
    }
    if (isNews) this.changed();
    return isNews ? "news" : "known";
  }

  /** What a linked peer says of itself. */
  ownWord(told: string | undefined, group: string): void {
    if (told === undefined || this.#parts.options.dialLearned === false) return;
    const address = parsePeerAddress(told);
    if (address.ok) this.book.ownWord(address.value, group);
  }

  /** What is told to the next peer. */
  worthTelling(): readonly string[] {
    this.#introduced += MAX_PEER_ADDRESSES;
    const { protectedPeers } = this.#parts;
    const isProtected = (peerId: string): boolean => protectedPeers.has(peerId);
    return worthTelling(this.book.entries(), isProtected, this.#introduced);
  }

  /** Something was learned or linked: it is saved soon. */
  changed(): void {
    this.#saved?.changed();
  }

  /** `done` when all is saved. */
  close(done: () => void): void {
    if (this.#saved === undefined) done();
    else this.#saved.close(done);
  }

  #openSaved(): SavedAddresses | undefined {
    const { options, protectedPeers, isOutbound } = this.#parts;
    const { dataDir, clock, log } = options;
    if (dataDir === undefined) return undefined;
    return new SavedAddresses({
      path: join(dataDir, FILE),
      book: this.book,
      places: () => protectedPeers.places(),
      isOutbound,
      clock,
      log,
    });
  }
}
