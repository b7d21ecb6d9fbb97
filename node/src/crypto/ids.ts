// The hashes by which things are known: each is SHA-256 over a domain of its own and SSZ, so that no
// two kinds of thing can share an id.

import {
  encodeCertificate,
  encodeHeader,
  encodeTransaction,
  encodeTransactionBody,
  encodeValidatorSet,
} from "../codec/chain.ts";
import { DOMAINS } from "../codec/domains.ts";
import { encodeEvidence } from "../codec/evidence.ts";
import { encodeLeadership } from "../codec/validator-state.ts";
import type {
  BlockHeader,
  Certificate,
  Transaction,
  TransactionBody,
  ValidatorSet,
} from "../types/chain.ts";
import type { Evidence } from "../types/evidence.ts";
import type { ValidatorState } from "../types/validator-state.ts";
import { sha256 } from "./hash.ts";

/** Id of a transaction: all of it but the witnesses, so a re-signed copy keeps its id. 32 bytes. */
export const txidOf = (body: TransactionBody): Uint8Array =>
  sha256(DOMAINS.transaction, encodeTransactionBody(body));

/** Id of a transaction with its witnesses; blocks and gossip name transactions by it. 32 bytes. */
export const witnessIdOf = (tx: Transaction): Uint8Array =>
  sha256(DOMAINS.witness, encodeTransaction(tx));

/** The block hash. 32 bytes. */
export const blockHashOf = (header: BlockHeader): Uint8Array =>
  sha256(DOMAINS.header, encodeHeader(header));

/** What header.lastCommitHash holds. 32 bytes. */
export const certificateHashOf = (certificate: Certificate): Uint8Array =>
  sha256(DOMAINS.certificate, encodeCertificate(certificate));

/** The leaf of header.evidenceRoot. 32 bytes. */
export const evidenceIdOf = (evidence: Evidence): Uint8Array =>
  sha256(DOMAINS.evidence, encodeEvidence(evidence));

/** What header.validatorsHash holds. 32 bytes. */
export const validatorsHashOf = (set: ValidatorSet): Uint8Array =>
  sha256(DOMAINS.validatorSet, encodeValidatorSet(set));

/** What the state root covers of the validators: the hashes of the three sets, then the rest. 32 bytes. */
export const validatorStateHashOf = (state: ValidatorState): Uint8Array =>
  sha256(
    DOMAINS.validatorState,
    validatorsHashOf(state.lastValidators),
    validatorsHashOf(state.validators),
    validatorsHashOf(state.nextValidators),
    encodeLeadership(state),
  );
