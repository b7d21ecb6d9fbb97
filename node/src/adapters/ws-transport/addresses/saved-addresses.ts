// The address book as a file: peers.json in the data directory. Holds what others told and what was tried, which
// strangers were linked at the end (anchors: they are dialled first, so a restart does not hand the node to
// whoever shouts loudest), and at which addresses protected peers were. Configured peers are not in it.

import { z } from "zod";
import type { Clock, Log } from "../../../ports.ts";
import { MAX_PEER_ADDRESS_BYTES } from "../../../types/limits.ts";
import { SavedFile } from "../../saved-file.ts";
import type { AddressBook } from "./address-book.ts";
import type { AddressEntry } from "./address-entry.ts";
import { parsePeerAddress } from "./peer-address.ts";

const FORMAT = "timecoin/peers/1" as const;
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_ENTRIES = 2_048;
const MAX_PLACES = 1_024;
const MAX_ANCHORS = 4;
const WRITE_DELAY_MS = 30_000;

const text = z.string().max(MAX_PEER_ADDRESS_BYTES);
const AddressesSchema = z.strictObject({
  type: z.literal(FORMAT),
  addresses: z
    .array(
      z.strictObject({
        address: text,
        source: text,
        group: text,
        isTried: z.boolean(),
        isAnchor: z.boolean(),
        lastLinkedMs: z.int().min(0),
      }),
    )
    .max(MAX_ENTRIES),
  /** Node id and IP address of protected peers. */
  places: z.array(z.tuple([z.string().max(40), z.string().max(64)])).max(MAX_PLACES),
});

export interface SavedAddressesParts {
  readonly path: string;
  readonly book: AddressBook;
  /** Where protected peers were: node id and address. */
  readonly places: () => readonly (readonly [string, string])[];
  /** Whether this node dialled the link that stands with the peer. */
  readonly isOutbound: (peerId: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export class SavedAddresses {
  readonly #parts: SavedAddressesParts;
  readonly #file: SavedFile<typeof AddressesSchema>;

  constructor(parts: SavedAddressesParts) {
    this.#parts = parts;
    const { path, clock, log } = parts;
    this.#file = new SavedFile({
      path,
      clock,
      log,
      schema: AddressesSchema,
      maxBytes: MAX_BYTES,
      delayMs: WRITE_DELAY_MS,
      contents: () => this.#contents(),
    });
  }

  /** Puts what an earlier process saved into the book; where protected peers were is handed back. */
  restore(): readonly (readonly [string, string])[] {
    const saved = this.#file.read();
    for (const { address, ...about } of saved?.addresses ?? []) {
      const parsed = parsePeerAddress(address);
      if (parsed.ok) this.#parts.book.restore(parsed.value, about);
    }
    return saved?.places ?? [];
  }

  changed(): void {
    this.#file.changed();
  }

  close(done: () => void): void {
    this.#file.close(done);
  }

  #contents(): z.input<typeof AddressesSchema> {
    const { book, places, isOutbound } = this.#parts;
    const entries = [...book.entries()].filter(({ isConfigured }) => !isConfigured);
    const isLinked = ({ linkedSinceMs, isTried, address }: AddressEntry): boolean =>
      linkedSinceMs !== undefined && isTried && isOutbound(address.id);
    const anchors = new Set(entries.filter(isLinked).slice(0, MAX_ANCHORS));
    return {
      type: FORMAT,
      addresses: entries.slice(0, MAX_ENTRIES).map((entry) => ({
        address: entry.address.text,
        source: entry.source,
        group: entry.group,
        isTried: entry.isTried,
        isAnchor: anchors.has(entry),
        lastLinkedMs: Math.round(entry.lastLinkedMs),
      })),
      places: places()
        .slice(0, MAX_PLACES)
        .map(([id, ip]) => [id, ip]),
    };
  }
}
