// What the chain data shows of a key's past: its signatures in the certificates of the last blocks and
// its own messages in the write-ahead log. The sign state must know at least as much (file-signer.ts);
// where it does not, it was lost or is an older copy, or the key is in use elsewhere. Called at start.

import { equalBytes } from "../codec/bytes.ts";
import type { Input } from "../consensus/api.ts";
import { decodeWalRecord } from "../driver/wal-record.ts";
import type { Store, Wal } from "../ports.ts";
import type { Certificate, Height, ValidatorSet } from "../types/chain.ts";

export interface SeenSigningParts {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly store: Pick<Store, "head" | "block">;
  readonly wal: Pick<Wal, "height" | "replay">;
  readonly validatorsAt: (height: Height) => ValidatorSet;
  /** Blocks looked at, from the head down: with 1, the head's certificate. */
  readonly lastBlocks: number;
}

/** The highest height at which the key is seen to have signed; 0 where it is not. */
export function seenSigning(parts: SeenSigningParts): Height {
  return Math.max(seenInStore(parts), seenInLog(parts));
}

function seenInStore({ publicKey, store, validatorsAt, lastBlocks }: SeenSigningParts): Height {
  const head = store.head()?.height ?? 0;
  const signed = (found: Certificate | undefined): boolean =>
    found?.signers[indexOf(validatorsAt(found.height), publicKey)] === true;
  for (let height = head; height > Math.max(0, head - lastBlocks); height--) {
    const certified = store.block(height);
    if (signed(certified?.certificate)) return height;
    // Precommits that came after the quorum stand in the certificate inside the next block only.
    if (signed(certified?.block.lastCommit)) return height - 1;
  }
  return 0;
}

function seenInLog({ publicKey, wal, validatorsAt }: SeenSigningParts): Height {
  const self = indexOf(validatorsAt(wal.height), publicKey);
  const isOwn = wal
    .replay(wal.height)
    .some((record) => signerOf(decodeWalRecord(record).input) === self);
  return isOwn && self !== -1 ? wal.height : 0;
}

function signerOf(input: Input): number | undefined {
  if (input.type === "vote") return input.vote.validatorIndex;
  return input.type === "proposal" ? input.message.proposal.proposerIndex : undefined;
}

const indexOf = (validators: ValidatorSet, key: Uint8Array): number =>
  validators.findIndex(({ publicKey }) => equalBytes(publicKey, key));
