// SSZ schemas of everything that is stored, sent or hashed. SSZ is canonical: one encoding for a
// value; a decoder refuses bad offsets, trailing bytes and lists above their bound. Field order is
// the wire format: a change here is a new protocol version, and the golden vectors say so.

import {
  BitListType,
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  OptionalType,
  UintBigintType,
  UintNumberType,
} from "@chainsafe/ssz";
import {
  MAX_BLOCK_EVIDENCE,
  MAX_BLOCK_TXS,
  MAX_TX_INPUTS,
  MAX_TX_OUTPUTS,
  MAX_TX_PAYLOAD_BYTES,
  MAX_VALIDATORS,
} from "../types/limits.ts";

export const uint8 = new UintNumberType(1);
export const uint16 = new UintNumberType(2);
export const uint32 = new UintNumberType(4);
/** Decoders check with safeInteger() that the value is exact. */
export const uint64 = new UintNumberType(8);
export const uint64Big = new UintBigintType(8);
export const bytes20 = new ByteVectorType(20);
export const bytes32 = new ByteVectorType(32);
export const bytes64 = new ByteVectorType(64);

export const OutPointSchema = new ContainerType({ txid: bytes32, index: uint32 });

export const TxOutputSchema = new ContainerType({ value: uint64Big, address: bytes20 });

export const WitnessSchema = new ContainerType({ publicKey: bytes32, signature: bytes64 });

export const TransactionBodySchema = new ContainerType({
  version: uint16,
  inputs: new ListCompositeType(OutPointSchema, MAX_TX_INPUTS),
  outputs: new ListCompositeType(TxOutputSchema, MAX_TX_OUTPUTS),
  payload: new ByteListType(MAX_TX_PAYLOAD_BYTES),
});

export const TransactionSchema = new ContainerType({
  body: TransactionBodySchema,
  witnesses: new ListCompositeType(WitnessSchema, MAX_TX_INPUTS),
});

export const BlockHeaderSchema = new ContainerType({
  version: uint16,
  height: uint64,
  round: uint32,
  parentHash: bytes32,
  lastCommitHash: bytes32,
  validatorsHash: bytes32,
  nextValidatorsHash: bytes32,
  txRoot: bytes32,
  evidenceRoot: bytes32,
  stateRoot: bytes32,
  proposer: bytes32,
  timestampMs: uint64,
});

/** What the signature of a vote covers. */
const VOTE_BODY = { type: uint8, height: uint64, round: uint32, blockHash: bytes32 };

export const VoteBodySchema = new ContainerType(VOTE_BODY);

/** Signatures stand in the order of the set bits. */
const SIGNED = {
  signers: new BitListType(MAX_VALIDATORS),
  signatures: new ListCompositeType(bytes64, MAX_VALIDATORS),
};

export const CertificateSchema = new ContainerType({ ...VOTE_BODY, ...SIGNED });

/** `validRoundPlusOne` is 0 for a vote, and for a proposal without a PoLC. */
export const SignedStatementSchema = new ContainerType({
  validRoundPlusOne: uint32,
  blockHash: bytes32,
  signature: bytes64,
});

export const EvidenceSchema = new ContainerType({
  kind: uint8,
  publicKey: bytes32,
  height: uint64,
  round: uint32,
  first: SignedStatementSchema,
  second: SignedStatementSchema,
});

export const BlockSchema = new ContainerType({
  header: BlockHeaderSchema,
  lastCommit: new OptionalType(CertificateSchema),
  evidence: new ListCompositeType(EvidenceSchema, MAX_BLOCK_EVIDENCE),
  transactions: new ListCompositeType(TransactionSchema, MAX_BLOCK_TXS),
});

export const CertifiedBlockSchema = new ContainerType({
  block: BlockSchema,
  certificate: CertificateSchema,
});

export const VoteGroupSchema = new ContainerType({
  type: uint8,
  round: uint32,
  blockHash: bytes32,
  ...SIGNED,
});

/** At most one group for each validator, as each validator stands in one of them at most. */
export const RoundCertificateSchema = new ContainerType({
  kind: uint8,
  height: uint64,
  round: uint32,
  groups: new ListCompositeType(VoteGroupSchema, MAX_VALIDATORS),
});

export const VoteSchema = new ContainerType({
  ...VOTE_BODY,
  validatorIndex: uint16,
  signature: bytes64,
});

/** What a proposer signs. `validRoundPlusOne` is 0 where the proposal carries no PoLC. */
const PROPOSAL_BODY = {
  height: uint64,
  round: uint32,
  validRoundPlusOne: uint32,
  blockHash: bytes32,
};

export const ProposalBodySchema = new ContainerType(PROPOSAL_BODY);

export const ProposalSchema = new ContainerType({
  ...PROPOSAL_BODY,
  proposerIndex: uint16,
  signature: bytes64,
});

export const StatusSchema = new ContainerType({
  height: uint64,
  baseHeight: uint64,
  blockHash: bytes32,
});

export const PingSchema = new ContainerType({ nonce: uint32 });

export const PongSchema = new ContainerType({ nonce: uint32, nowMs: uint64 });

export const ProposalMessageSchema = new ContainerType({
  proposal: ProposalSchema,
  block: BlockSchema,
  polc: new OptionalType(CertificateSchema),
});

export const ValidatorSchema = new ContainerType({
  publicKey: bytes32,
  nodeKey: bytes32,
  power: uint32,
});

export const ValidatorSetSchema = new ListCompositeType(ValidatorSchema, MAX_VALIDATORS);

/** What the state root covers of the validators besides the three sets. */
export const LeadershipSchema = new ContainerType({
  lastLeaders: new ListBasicType(uint16, MAX_VALIDATORS),
  tombstones: new ListCompositeType(
    new ContainerType({ validator: ValidatorSchema, height: uint64 }),
    MAX_VALIDATORS,
  ),
  failedSlots: new ListCompositeType(
    new ContainerType({ publicKey: bytes32, failures: uint8, skippedThrough: uint64 }),
    MAX_VALIDATORS,
  ),
  epochSeed: bytes32,
  nextEpochSeed: bytes32,
});

/** The state of the validators as the head record holds it. */
export const ValidatorStateSchema = new ContainerType({
  lastValidators: ValidatorSetSchema,
  validators: ValidatorSetSchema,
  nextValidators: ValidatorSetSchema,
  leadership: LeadershipSchema,
});
