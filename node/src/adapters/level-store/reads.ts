// Reading one record of the chain database. A damaged record is an error; a block that cannot be read is none.

import type { ClassicLevel } from "classic-level";
import { decodeCertifiedBlock } from "../../codec/chain.ts";
import type { CertifiedBlock, Height } from "../../types/chain.ts";
import type { CodedError } from "../../types/errors.ts";
import { storeError } from "./errors.ts";
import { KEYS, type Schema, unseal } from "./records.ts";
import type { StoreView } from "./view.ts";

export type LevelDatabase = ClassicLevel<Uint8Array, Uint8Array>;

/** The record under `key`, or undefined. @throws CodedError STORE_CORRUPT where it is damaged. */
export function readRecord<T>(
  db: LevelDatabase,
  key: Uint8Array,
  schema: Schema<T>,
  view?: StoreView,
): T | undefined {
  const value = view === undefined ? db.getSync(key) : db.getSync(key, view.options);
  return value === undefined ? undefined : schema.deserialize(unseal(key, value));
}

/** The block of `height`, or undefined where it is missing or cannot be read. */
export function readBlock(db: LevelDatabase, height: Height): CertifiedBlock | undefined {
  const key = KEYS.block(height);
  try {
    const value = db.getSync(key);
    return value === undefined ? undefined : decodeCertifiedBlock(unseal(key, value));
  } catch (error) {
    if (isDamage(storeError(error, db.location))) return undefined;
    throw error;
  }
}

/** Bytes that the disk does not give back, or gives back as others. */
export const isDamage = ({ code }: CodedError): boolean =>
  code === "STORE_CORRUPT" || code === "STORE_IO";
