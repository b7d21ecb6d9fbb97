// The block that the operator trusts (sync.trust): read from the configuration, and held against the chain.

import { equalBytes } from "../codec/bytes.ts";
import { fromHex, toHex } from "../codec/hex.ts";
import { blockHashOf } from "../crypto/ids.ts";
import type { TrustedBlock } from "../driver/state-sync/trusted-links.ts";
import type { Store } from "../ports.ts";
import { CodedError } from "../types/errors.ts";

/** `text`: HEIGHT:HASH, as the configuration's schema checks it. */
export function parseTrust(text: string): TrustedBlock {
  const [height = "", hash = ""] = text.split(":");
  return { height: Number(height), hash: fromHex(hash) };
}

/**
 * Holds what the chain has at the trusted height against it. Nothing is said where the chain does not reach so
 * high, or where the block was dropped.
 * @throws CodedError TRUST_MISMATCH.
 */
export function checkTrust(store: Pick<Store, "block">, { height, hash }: TrustedBlock): void {
  const found = store.block(height);
  if (found === undefined) return;
  const ours = blockHashOf(found.block.header);
  if (equalBytes(ours, hash)) return;
  throw new CodedError(
    "TRUST_MISMATCH",
    `sync.trust names ${toHex(hash)} at height ${height}; the chain of this node has ${toHex(ours)}`,
  );
}
