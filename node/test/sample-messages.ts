// One value of every kind that is sent, hashed or signed, with no random part: what the golden vectors
// encode, and what the codec's property tests start from.

import type { Message, MessageType } from "../src/codec/frames.ts";
import type {
  Block,
  BlockHeader,
  Certificate,
  Transaction,
  ValidatorSet,
} from "../src/types/chain.ts";
import type { Proposal, RoundCertificate, Vote, VoteGroup } from "../src/types/consensus.ts";
import type { Evidence } from "../src/types/evidence.ts";
import type { ValidatorState } from "../src/types/validator-state.ts";

/** `size` bytes that count up from `first`. */
export const bytes = (size: number, first: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => (first + i) & 0xff);

export const GENESIS_HASH = bytes(32, 0x80);

export const TRANSACTION: Transaction = {
  body: {
    version: 1,
    inputs: [
      { txid: bytes(32, 1), index: 0 },
      { txid: bytes(32, 2), index: 4_000_000_000 },
    ],
    outputs: [
      { value: 123_456_789n, address: bytes(20, 3) },
      { value: 2n ** 64n - 1n, address: bytes(20, 4) },
    ],
    payload: new Uint8Array(0),
  },
  witnesses: [
    { publicKey: bytes(32, 5), signature: bytes(64, 6) },
    { publicKey: bytes(32, 7), signature: bytes(64, 8) },
  ],
};

const WITH_PAYLOAD: Transaction = {
  body: { version: 1, inputs: [], outputs: [], payload: bytes(5, 9) },
  witnesses: [],
};

export const HEADER: BlockHeader = {
  version: 2,
  height: 1843,
  round: 2,
  parentHash: bytes(32, 0x10),
  lastCommitHash: bytes(32, 0x11),
  validatorsHash: bytes(32, 0x12),
  nextValidatorsHash: bytes(32, 0x13),
  txRoot: bytes(32, 0x14),
  evidenceRoot: bytes(32, 0x17),
  stateRoot: bytes(32, 0x15),
  proposer: bytes(32, 0x16),
  timestampMs: 1_764_547_200_123,
};

/** Ten validators, so that the signer bits fill one byte and begin another. */
export const CERTIFICATE: Certificate = {
  type: 2,
  height: 1842,
  round: 1,
  blockHash: bytes(32, 0x10),
  signers: [true, true, false, true, false, true, true, true, false, true],
  signatures: Array.from({ length: 7 }, (_, i) => bytes(64, 0x20 + i)),
};

export const POLC: Certificate = { ...CERTIFICATE, type: 1, height: 1843, round: 0 };

export const VALIDATORS: ValidatorSet = [1, 2, 3].map((i) => ({
  publicKey: bytes(32, 0x30 + i),
  nodeKey: bytes(32, 0x40 + i),
  power: i,
}));

export const DOUBLE_PRECOMMIT: Evidence = {
  kind: "doublePrecommit",
  publicKey: bytes(32, 0x70),
  height: 1840,
  round: 3,
  first: { validRound: -1, blockHash: new Uint8Array(32), signature: bytes(64, 0x71) },
  second: { validRound: -1, blockHash: bytes(32, 0x72), signature: bytes(64, 0x73) },
};

const DOUBLE_PROPOSAL: Evidence = {
  kind: "doubleProposal",
  publicKey: bytes(32, 0x74),
  height: 1841,
  round: 9,
  first: { validRound: -1, blockHash: bytes(32, 0x76), signature: bytes(64, 0x75) },
  second: { validRound: 4, blockHash: bytes(32, 0x76), signature: bytes(64, 0x77) },
};

const [FIRST_VALIDATOR, SECOND_VALIDATOR, THIRD_VALIDATOR] = VALIDATORS;
if (!FIRST_VALIDATOR || !SECOND_VALIDATOR || !THIRD_VALIDATOR) throw new Error("three validators");

/** The second is jailed, the third has failed. */
export const VALIDATOR_STATE: ValidatorState = {
  lastValidators: VALIDATORS,
  lastLeaders: [2, 0, 1],
  validators: VALIDATORS,
  nextValidators: [FIRST_VALIDATOR, THIRD_VALIDATOR],
  tombstones: [{ validator: SECOND_VALIDATOR, height: 1843 }],
  failedSlots: [{ publicKey: THIRD_VALIDATOR.publicKey, failures: 3, skippedThrough: 1850 }],
  epochSeed: bytes(32, 0x78),
  nextEpochSeed: bytes(32, 0x79),
};

export const BLOCK: Block = {
  header: HEADER,
  lastCommit: CERTIFICATE,
  evidence: [DOUBLE_PRECOMMIT, DOUBLE_PROPOSAL],
  transactions: [TRANSACTION, WITH_PAYLOAD],
};

const FIRST_BLOCK: Block = {
  header: { ...HEADER, height: 1, round: 0 },
  lastCommit: undefined,
  evidence: [],
  transactions: [],
};

export const VOTE: Vote = {
  type: 1,
  height: 1843,
  round: 2,
  blockHash: bytes(32, 0x50),
  validatorIndex: 255,
  signature: bytes(64, 0x51),
};

export const PROPOSAL: Proposal = {
  height: 1843,
  round: 2,
  validRound: 0,
  blockHash: bytes(32, 0x50),
  proposerIndex: 3,
  signature: bytes(64, 0x52),
};

/** Seven of ten precommits, of three kinds. */
export const ROUND_CERTIFICATE: RoundCertificate = {
  kind: "precommits",
  height: 1843,
  round: 3,
  groups: [
    { blockHash: new Uint8Array(32), signers: [1, 2, 9] },
    { blockHash: bytes(32, 0x50), signers: [0, 4, 5] },
    { blockHash: bytes(32, 0x51), signers: [7] },
  ].map(
    ({ blockHash, signers }): VoteGroup => ({
      type: 2,
      round: 2,
      blockHash,
      signers: Array.from({ length: 10 }, (_, index) => signers.includes(index)),
      signatures: signers.map((index) => bytes(64, 0x70 + index)),
    }),
  ),
};

/** By a name for each vector; every message type occurs (the golden test checks it). */
export const MESSAGES = {
  proposal: {
    type: "proposal",
    proposal: { proposal: PROPOSAL, block: BLOCK, polc: POLC },
  },
  firstProposal: {
    type: "proposal",
    proposal: {
      proposal: { ...PROPOSAL, height: 1, round: 0, validRound: -1 },
      block: FIRST_BLOCK,
      polc: undefined,
    },
  },
  compactProposal: {
    type: "compactProposal",
    proposal: { proposal: PROPOSAL, block: { ...BLOCK, transactions: [] }, polc: POLC },
    witnessIds: [bytes(32, 0x63), bytes(32, 0x64)],
  },
  getBlockTxs: {
    type: "getBlockTxs",
    request: { requestId: 9, height: 1843, blockHash: bytes(32, 0x50), indices: [0, 3, 4_999] },
  },
  getProposal: { type: "getProposal", height: 1843, blockHash: bytes(32, 0x50) },
  blockTxs: { type: "blockTxs", requestId: 9, transactions: [TRANSACTION] },
  vote: { type: "vote", vote: VOTE },
  nilPrecommit: { type: "vote", vote: { ...VOTE, type: 2, blockHash: new Uint8Array(32) } },
  certificate: { type: "certificate", certificate: CERTIFICATE },
  evidence: { type: "evidence", evidence: DOUBLE_PROPOSAL },
  roundCertificate: { type: "roundCertificate", certificate: ROUND_CERTIFICATE },
  higherVotes: {
    type: "roundCertificate",
    certificate: {
      ...ROUND_CERTIFICATE,
      kind: "higherVotes",
      round: 2,
      groups: ROUND_CERTIFICATE.groups.map((group, place) => ({ ...group, round: 7 + place })),
    },
  },
  reach: { type: "reach", missing: [bytes(32, 0x65), bytes(32, 0x66)] },
  status: {
    type: "status",
    status: { height: 2 ** 53 - 1, baseHeight: 1, blockHash: bytes(32, 0x60) },
  },
  getBlocks: { type: "getBlocks", request: { requestId: 7, fromHeight: 100, count: 64 } },
  blocks: {
    type: "blocks",
    requestId: 7,
    blocks: [{ block: BLOCK, certificate: { ...CERTIFICATE, height: 1843 } }],
  },
  noBlocks: { type: "blocks", requestId: 0, blocks: [] },
  getSnapshot: { type: "getSnapshot", requestId: 8, maxHeight: 2 ** 53 - 1 },
  snapshot: {
    type: "snapshot",
    requestId: 8,
    manifest: {
      height: 1840,
      blockHash: bytes(32, 0x67),
      feePot: 5_000n,
      supply: 2n ** 64n - 1n,
      validatorState: VALIDATOR_STATE,
      chunks: [
        { first: { txid: bytes(32, 0x68), index: 3 }, accumulator: bytes(2_048, 0x69) },
        { first: { txid: bytes(32, 0x6a), index: 0 }, accumulator: bytes(2_048, 0x6b) },
      ],
    },
  },
  noSnapshot: { type: "snapshot", requestId: 9, manifest: undefined },
  getSnapshotChunk: {
    type: "getSnapshotChunk",
    request: { requestId: 10, height: 1840, index: 1 },
  },
  snapshotChunk: { type: "snapshotChunk", requestId: 10, records: bytes(144, 0x6c) },
  txIds: { type: "txIds", witnessIds: [bytes(32, 0x61), bytes(32, 0x62)] },
  getTxs: { type: "getTxs", witnessIds: [bytes(32, 0x61)] },
  txs: { type: "txs", transactions: [TRANSACTION] },
  ping: { type: "ping", nonce: 0xfffffffe },
  pong: { type: "pong", nonce: 1, nowMs: 1_700_000_000_000 },
  peers: {
    type: "peers",
    addresses: ["00112233445566778899aabbccddeeff00112233@127.0.0.1:24100", "ü@host.example.:1"],
  },
} as const satisfies Record<string, Message>;

/** Fails to compile when a message type has no sample. */
type Sampled = (typeof MESSAGES)[keyof typeof MESSAGES]["type"];
export const EVERY_TYPE_IS_SAMPLED: [MessageType] extends [Sampled] ? true : false = true;
