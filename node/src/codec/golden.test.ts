// The bytes of everything that is sent, hashed or signed, whole and in hex. A difference here is a new
// protocol version: other nodes, stored blocks and made signatures do not change with the code.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  BLOCK,
  bytes,
  CERTIFICATE,
  DOUBLE_PRECOMMIT,
  EVERY_TYPE_IS_SAMPLED,
  GENESIS_HASH,
  HEADER,
  MESSAGES,
  PROPOSAL,
  TRANSACTION,
  VALIDATOR_STATE,
  VALIDATORS,
  VOTE,
} from "../../test/sample-messages.ts";
import {
  blockHashOf,
  certificateHashOf,
  evidenceIdOf,
  txidOf,
  validatorStateHashOf,
  validatorsHashOf,
  witnessIdOf,
} from "../crypto/ids.ts";
import { utxoElement } from "../ledger/state-root.ts";
import {
  decodeBlock,
  decodeTransaction,
  encodeBlock,
  encodeCertificate,
  encodeHeader,
  encodeTransaction,
  encodeTransactionBody,
  encodeValidatorSet,
} from "./chain.ts";
import { DOMAINS } from "./domains.ts";
import { EVIDENCE_BYTES, encodeEvidence } from "./evidence.ts";
import { decodeFrame, encodeFrame, type Message } from "./frames.ts";
import { fromHex, toHex } from "./hex.ts";
import { proposalSignBytes, statementSignBytes, txSignBytes, voteSignBytes } from "./sign-bytes.ts";
import { encodeLeadership } from "./validator-state.ts";

type Golden = Readonly<Record<string, string>>;
const golden = (name: string): Golden =>
  JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), "utf8")) as Golden;

const hexAll = (values: Readonly<Record<string, Uint8Array>>): Golden =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toHex(value)]));

describe("golden frames", () => {
  const expected = golden("frames");
  const frames = Object.entries(MESSAGES as Readonly<Record<string, Message>>);

  it("exist for every message and no other", () => {
    expect(EVERY_TYPE_IS_SAMPLED).toBe(true);
    expect(Object.keys(expected)).toEqual(frames.map(([name]) => name));
  });

  it.each(frames)("%s", (name, message) => {
    expect(toHex(encodeFrame(message))).toBe(expected[name]);
    expect(decodeFrame(fromHex(expected[name] ?? ""))).toEqual(message);
  });
});

describe("golden encodings", () => {
  const expected = golden("encodings");

  it("are what is hashed, stored and signed", () => {
    const actual = hexAll({
      transactionBody: encodeTransactionBody(TRANSACTION.body),
      transaction: encodeTransaction(TRANSACTION),
      header: encodeHeader(HEADER),
      certificate: encodeCertificate(CERTIFICATE),
      block: encodeBlock(BLOCK),
      validatorSet: encodeValidatorSet(VALIDATORS),
      evidence: encodeEvidence(DOUBLE_PRECOMMIT),
      leadership: encodeLeadership(VALIDATOR_STATE),
      voteSignBytes: voteSignBytes(GENESIS_HASH, VOTE),
      proposalSignBytes: proposalSignBytes(GENESIS_HASH, PROPOSAL),
      firstProposalSignBytes: proposalSignBytes(GENESIS_HASH, { ...PROPOSAL, validRound: -1 }),
      txSignBytes: txSignBytes(GENESIS_HASH, txidOf(TRANSACTION.body)),
      utxoElement: utxoElement({
        outPoint: { txid: txidOf(TRANSACTION.body), index: 1 },
        value: 123_456_789n,
        address: bytes(20, 3),
        height: 1843,
      }),
    });
    expect(actual).toEqual(expected);
  });

  it("of evidence has one size, and is over the bytes that its votes signed", () => {
    expect(encodeEvidence(DOUBLE_PRECOMMIT)).toHaveLength(EVIDENCE_BYTES);
    const { height, round, second } = DOUBLE_PRECOMMIT;
    expect(statementSignBytes(GENESIS_HASH, DOUBLE_PRECOMMIT, second)).toEqual(
      voteSignBytes(GENESIS_HASH, { type: 2, height, round, blockHash: second.blockHash }),
    );
    const proposal = { height, round, validRound: 1, blockHash: second.blockHash };
    expect(
      statementSignBytes(GENESIS_HASH, { ...DOUBLE_PRECOMMIT, kind: "doubleProposal" }, proposal),
    ).toEqual(proposalSignBytes(GENESIS_HASH, proposal));
  });

  it("decode to what they came from", () => {
    expect(decodeTransaction(fromHex(expected["transaction"] ?? ""))).toEqual(TRANSACTION);
    expect(decodeBlock(fromHex(expected["block"] ?? ""))).toEqual(BLOCK);
  });
});

describe("golden hashes", () => {
  it("name transactions, blocks, certificates and sets", () => {
    const actual = hexAll({
      txid: txidOf(TRANSACTION.body),
      witnessId: witnessIdOf(TRANSACTION),
      blockHash: blockHashOf(HEADER),
      certificateHash: certificateHashOf(CERTIFICATE),
      validatorsHash: validatorsHashOf(VALIDATORS),
      evidenceId: evidenceIdOf(DOUBLE_PRECOMMIT),
      validatorStateHash: validatorStateHashOf(VALIDATOR_STATE),
    });
    expect(actual).toEqual(golden("hashes"));
  });
});

describe("domains", () => {
  it("are all different, 16 bytes each, and as they were", () => {
    const values = Object.values(DOMAINS).map(toHex);
    expect(new Set(values).size).toBe(values.length);
    expect(values.every((value) => value.length === 32)).toBe(true);
    expect(hexAll(DOMAINS)).toEqual(golden("domains"));
  });
});
