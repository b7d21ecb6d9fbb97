// What the book holds of one node id: where it is said to be, who said so, and how dialling it went.

import type { PeerAddress } from "./peer-address.ts";

export interface AddressEntry {
  address: PeerAddress;
  readonly isConfigured: boolean;
  /** This node has dialled it and the node id was proved there. */
  isTried: boolean;
  /** Linked when an earlier process ended: dialled at once, until that fails. */
  isAnchor: boolean;
  /** The peer itself named it over its own link. */
  isOwnWord: boolean;
  /** Group of addresses of whoever told it first. */
  readonly source: string;
  /** Group of the address: of the host as it is written, of a tried one that of the address linked with. */
  group: string;
  /** Further addresses of the same id, one from each source, while none is tried. */
  others: readonly { readonly address: PeerAddress; readonly source: string }[];
  /** Failed attempts, and links that broke soon, in a row. */
  failures: number;
  /** Not before; monotonic. */
  nextDialMs: number;
  /** Since when the link stands that was dialled or accepted; undefined where none does; monotonic. */
  linkedSinceMs: number | undefined;
  /** When a link last stood, by the wall clock; 0 where none did. */
  lastLinkedMs: number;
  isDialing: boolean;
  /** The version that the next dial speaks, where the peer refused a newer one. */
  version: number | undefined;
  /** The last reason logged, so that a peer that stays down is not logged at each attempt. */
  lastReason: string | undefined;
}

export function newEntry(
  address: PeerAddress,
  about: { isConfigured: boolean; source: string; group: string },
): AddressEntry {
  return {
    address,
    ...about,
    isTried: false,
    isAnchor: false,
    isOwnWord: false,
    others: [],
    failures: 0,
    nextDialMs: 0,
    linkedSinceMs: undefined,
    lastLinkedMs: 0,
    isDialing: false,
    version: undefined,
    lastReason: undefined,
  };
}
