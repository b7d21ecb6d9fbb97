// The rules of a block's header, given the head that it wants to follow. They are checked before any
// transaction. The signatures of the carried certificate are not verified here: whoever took the block from
// outside has verified them against the validator set of its height (crypto/certificate.ts).

import { equalBytes, isZero } from "../codec/bytes.ts";
import { certificateHashOf, validatorsHashOf } from "../crypto/ids.ts";
import { type Block, PRECOMMIT } from "../types/chain.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import type { ChainHead } from "../types/ledger.ts";

export const BLOCK_VERSION = 2;

export type BlockErrorCode =
  | "BLOCK_VERSION"
  | "BLOCK_HEIGHT"
  | "BLOCK_PARENT"
  | "BLOCK_TIME"
  | "BLOCK_VALIDATORS"
  | "BLOCK_PROPOSER"
  | "BLOCK_LAST_COMMIT"
  | "BLOCK_TOO_LARGE"
  | "BLOCK_TX_ROOT"
  | "BLOCK_EVIDENCE"
  | "BLOCK_TRANSACTION"
  | "BLOCK_STATE_ROOT";

export function checkHeader(block: Block, head: ChainHead): Result<undefined, BlockErrorCode> {
  const { header } = block;
  const { validators, nextValidators } = head.validatorState;
  if (header.version !== BLOCK_VERSION) {
    return fail("BLOCK_VERSION", `version ${header.version}, not ${BLOCK_VERSION}`);
  }
  if (header.height !== head.height + 1) {
    return fail("BLOCK_HEIGHT", `height ${header.height}, not ${head.height + 1}`);
  }
  if (!equalBytes(header.parentHash, head.blockHash)) {
    return fail("BLOCK_PARENT", "its parent is not the tip");
  }
  if (header.timestampMs <= head.timestampMs) {
    return fail("BLOCK_TIME", `time ${header.timestampMs} is not after ${head.timestampMs}`);
  }
  if (!equalBytes(header.validatorsHash, validatorsHashOf(validators))) {
    return fail("BLOCK_VALIDATORS", "its validator set is another one");
  }
  if (!equalBytes(header.nextValidatorsHash, validatorsHashOf(nextValidators))) {
    return fail("BLOCK_VALIDATORS", "its next validator set is another one");
  }
  if (!validators.some(({ publicKey }) => equalBytes(publicKey, header.proposer))) {
    return fail("BLOCK_PROPOSER", "its proposer is no validator");
  }
  return checkLastCommit(block, head);
}

function checkLastCommit(
  { header, lastCommit }: Block,
  head: ChainHead,
): Result<undefined, BlockErrorCode> {
  if (head.height === 0) {
    return lastCommit === undefined && isZero(header.lastCommitHash)
      ? ok(undefined)
      : fail("BLOCK_LAST_COMMIT", "block 1 has no certificate to carry");
  }
  if (lastCommit === undefined) return fail("BLOCK_LAST_COMMIT", "it carries no certificate");
  if (
    lastCommit.type !== PRECOMMIT ||
    lastCommit.height !== head.height ||
    !equalBytes(lastCommit.blockHash, head.blockHash)
  ) {
    return fail("BLOCK_LAST_COMMIT", "its certificate is not a commit of the parent");
  }
  return equalBytes(header.lastCommitHash, certificateHashOf(lastCommit))
    ? ok(undefined)
    : fail("BLOCK_LAST_COMMIT", "its header names another certificate");
}
