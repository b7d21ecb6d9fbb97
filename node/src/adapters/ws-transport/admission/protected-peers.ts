// Who always has a place: configured peers, and the validators of the chain (the driver's word, followed as
// the set changes). And from which addresses they come, so that a connection from there finds a handshake
// place before anything is proved. An address counts once a link with its node key stood there, or where the
// configuration itself names it; what strangers say of addresses never does. Bounded by the ids, and by
// MAX_ADDRESSES for each.

import { toHex } from "../../../codec/hex.ts";
import { nodeIdOf } from "../../../crypto/pure-keys.ts";
import type { IpGroups } from "../ip-groups.ts";

/** A restarted pod has another address; the old ones are soon somebody else's. */
const MAX_ADDRESSES = 2;

export class ProtectedPeers {
  readonly #configured: ReadonlySet<string>;
  #validators: ReadonlySet<string> = new Set();
  /** Hex of node key to node id: a set of 100 changes by one. */
  #idOfKey: ReadonlyMap<string, string> = new Map();
  /** The latest addresses of each protected peer, the newest last. */
  readonly #addresses = new Map<string, readonly string[]>();

  constructor(configured: Iterable<string>) {
    this.#configured = new Set(configured);
  }

  /** The validators of the heights to come, by node key. */
  follow(nodeKeys: readonly Uint8Array[]): void {
    const idOfKey = new Map<string, string>();
    for (const key of nodeKeys) {
      const hex = toHex(key);
      idOfKey.set(hex, this.#idOfKey.get(hex) ?? nodeIdOf(key));
    }
    this.#idOfKey = idOfKey;
    this.#validators = new Set(idOfKey.values());
    for (const id of this.#addresses.keys()) if (!this.has(id)) this.#addresses.delete(id);
  }

  has(peerId: string): boolean {
    return this.#configured.has(peerId) || this.#validators.has(peerId);
  }

  isConfigured(peerId: string): boolean {
    return this.#configured.has(peerId);
  }

  /** Where they were, by node id. */
  places(): readonly (readonly [string, string])[] {
    return Array.from(this.#addresses).flatMap(([id, known]) =>
      this.has(id) ? known.map((address) => [id, address] as const) : [],
    );
  }

  /** Where peers were when an earlier process ended; counts for those that are protected. */
  remember(places: Iterable<readonly [string, string]>): void {
    for (const [id, address] of places) {
      this.#addresses.set(id, [...(this.#addresses.get(id) ?? []), address].slice(-MAX_ADDRESSES));
    }
  }

  /** The peer is at this address: it proved so, or the configuration says so. */
  foundAt(peerId: string, ip: IpGroups): void {
    if (!this.has(peerId) || ip.address === "") return;
    const others = (this.#addresses.get(peerId) ?? []).filter((known) => known !== ip.address);
    this.#addresses.set(peerId, [...others, ip.address].slice(-MAX_ADDRESSES));
  }

  isExpected(ip: IpGroups): boolean {
    for (const [id, known] of this.#addresses) {
      if (known.includes(ip.address) && this.has(id)) return true;
    }
    return false;
  }
}
