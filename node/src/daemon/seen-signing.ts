// What the chain data shows of a key's past: its signatures in the certificates of the last blocks and
// its own messages in the write-ahead log. The sign state must know at least as much (file-signer.ts);
// where it does not, it was lost or is an older copy, or the key is in use elsewhere. Called at start.

import { equalBytes } from "../codec/bytes.ts";
import type { Input } from "../consensus/api.ts";
import { decodeWalRecord } from "../driver/core/wal-record.ts";
import { validatorsAt } from "../ledger/validator-state.ts";
import type { Store, Wal } from "../ports.ts";
import type { Certificate, Height } from "../types/chain.ts";
import { CodedError, invariant } from "../types/errors.ts";

export interface SeenSigningParts {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly store: Pick<Store, "base" | "head" | "block">;
  readonly wal: Pick<Wal, "height" | "replay">;
  /** Blocks looked at, from the head down: with 1, the head's certificate. */
  readonly lastBlocks: number;
}

/**
 * The highest height at which the key is seen to have signed; 0 where it is not.
 * @throws CodedError STORE_CORRUPT where a block that may show it is lost.
 */
export function seenSigning(parts: SeenSigningParts): Height {
  return Math.max(seenInStore(parts), seenInLog(parts));
}

function seenInStore(parts: SeenSigningParts): Height {
  const { store, lastBlocks } = parts;
  const head = store.head()?.height ?? 0;
  const signed = (found: Certificate | undefined): boolean =>
    found?.signers[placeAt(found.height, parts)] === true;
  const lowest = Math.max(store.base(), head - lastBlocks + 1);
  for (let height = head; height >= lowest; height--) {
    const certified = store.block(height);
    if (certified === undefined) throw lost(height);
    if (signed(certified.certificate)) return height;
    // Precommits that came after the quorum stand in the certificate inside the next block only.
    if (signed(certified.block.lastCommit)) return height - 1;
  }
  return 0;
}

const lost = (height: Height): CodedError =>
  new CodedError(
    "STORE_CORRUPT",
    `block ${height} is lost, one of the last blocks, in which a validator looks for its own signatures before it starts`,
  );

function seenInLog(parts: SeenSigningParts): Height {
  const { wal } = parts;
  const self = placeAt(wal.height, parts);
  const isOwn = wal
    .replay(wal.height)
    .some((record) => signerOf(decodeWalRecord(record).input) === self);
  return isOwn && self !== -1 ? wal.height : 0;
}

/** The key's place in the set of a height, up to two above the store's head; -1 where it is not in it. */
function placeAt(height: Height, { publicKey, store }: SeenSigningParts): number {
  const state = store.head()?.validatorState;
  invariant(state !== undefined, "the store holds a genesis");
  return validatorsAt(state, height).findIndex((one) => equalBytes(one.publicKey, publicKey));
}

function signerOf(input: Input): number | undefined {
  if (input.type === "vote") return input.vote.validatorIndex;
  return input.type === "proposal" ? input.message.proposal.proposerIndex : undefined;
}
