import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MESSAGES } from "../../test/sample-messages.ts";
import type { Block, BlockHeader, Certificate, Transaction, VoteType } from "../types/chain.ts";
import type { ProposalMessage, RoundCertificate, RoundReason } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import type { Evidence, EvidenceKind, SignedStatement } from "../types/evidence.ts";
import { MAX_FRAME_BYTES } from "../types/limits.ts";
import type { SnapshotManifest } from "../types/snapshot.ts";
import { equalBytes } from "./bytes.ts";
import { newEvidence } from "./evidence.ts";
import { decodeFrame, encodeFrame, frameTypeOf, type Message } from "./frames.ts";
import { compareGroups } from "./round-certificate.ts";

const sized = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const hash = sized(32);
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const safe = fc.maxSafeNat();
const voteType = fc.constantFrom<VoteType>(1, 2);

const transaction: fc.Arbitrary<Transaction> = fc.record({
  body: fc.record({
    version: uint16,
    inputs: fc.array(fc.record({ txid: hash, index: uint32 }), { maxLength: 4 }),
    outputs: fc.array(fc.record({ value: uint64, address: sized(20) }), { maxLength: 4 }),
    payload: fc.uint8Array({ maxLength: 40 }),
  }),
  witnesses: fc.array(fc.record({ publicKey: hash, signature: sized(64) }), { maxLength: 4 }),
});

const certificate: fc.Arbitrary<Certificate> = fc
  .record({
    type: voteType,
    height: safe,
    round: uint32,
    blockHash: hash,
    signers: fc.array(fc.boolean(), { maxLength: 20 }),
    seed: sized(64),
  })
  .map(({ seed, ...rest }) => ({
    ...rest,
    signatures: rest.signers.filter(Boolean).map((_, i) => seed.map((byte) => byte ^ i)),
  }));

/** Each of up to 20 validators stands in one of four groups, or in none. */
const roundCertificate: fc.Arbitrary<RoundCertificate> = fc
  .record({
    kind: fc.constantFrom<RoundReason>("precommits", "noQuorum", "higherVotes"),
    height: safe,
    round: fc.integer({ min: 1, max: 0xffffffff }),
    places: fc.array(fc.nat(4), { minLength: 1, maxLength: 20 }),
    votes: fc.array(fc.record({ type: voteType, round: uint32, blockHash: hash }), {
      minLength: 4,
      maxLength: 4,
    }),
    seed: sized(64),
  })
  .map(({ places, votes, seed, ...rest }) => {
    const groups = votes.map((vote, group) => ({
      ...vote,
      signers: places.map((place) => place === group),
      signatures: places.filter((place) => place === group).map((_, i) => seed.map((b) => b ^ i)),
    }));
    const isFilled = groups.filter(({ signatures }) => signatures.length > 0);
    return { ...rest, groups: isFilled.sort(compareGroups) };
  })
  .filter(({ groups }) => groups.length > 0);

const header: fc.Arbitrary<BlockHeader> = fc.record({
  version: uint16,
  height: safe,
  round: uint32,
  parentHash: hash,
  lastCommitHash: hash,
  validatorsHash: hash,
  nextValidatorsHash: hash,
  txRoot: hash,
  evidenceRoot: hash,
  stateRoot: hash,
  proposer: hash,
  timestampMs: safe,
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const evidence: fc.Arbitrary<Evidence> = fc
  .record({
    kind: fc.constantFrom<EvidenceKind>("doublePrevote", "doublePrecommit", "doubleProposal"),
    publicKey: hash,
    height: safe,
    round: uint32,
    validRound: fc.integer({ min: -1, max: 0xfffffffe }),
    hashes: fc.uniqueArray(hash, { minLength: 2, maxLength: 2, selector: (bytes) => bytes.join() }),
    signature: sized(64),
  })
  .map(({ validRound, hashes, signature, ...place }) => {
    const [one, other] = hashes.map((blockHash) => ({
      validRound: place.kind === "doubleProposal" ? validRound : -1,
      blockHash,
      signature,
    })) as [SignedStatement, SignedStatement];
    return newEvidence(place, one, other);
  });

const block: fc.Arbitrary<Block> = fc.record({
  header,
  lastCommit: maybe(certificate),
  evidence: fc.array(evidence, { maxLength: 2 }),
  transactions: fc.array(transaction, { maxLength: 3 }),
});

const validator = fc.record({ publicKey: hash, nodeKey: hash, power: uint32 });
const validators = fc.array(validator, { maxLength: 2 });

const manifest: fc.Arbitrary<SnapshotManifest> = fc.record({
  height: safe,
  blockHash: hash,
  feePot: uint64,
  supply: uint64,
  validatorState: fc.record({
    lastValidators: validators,
    lastLeaders: fc.array(uint16, { maxLength: 3 }),
    validators,
    nextValidators: validators,
    tombstones: fc.array(fc.record({ validator, height: safe }), { maxLength: 2 }),
    failedSlots: fc.array(
      fc.record({ publicKey: hash, failures: fc.nat(255), skippedThrough: safe }),
      { maxLength: 2 },
    ),
    epochSeed: hash,
    nextEpochSeed: hash,
  }),
  chunks: fc.array(
    fc.record({ first: fc.record({ txid: hash, index: uint32 }), accumulator: sized(2_048) }),
    { maxLength: 2 },
  ),
});

const proposal = (proposed: fc.Arbitrary<Block>): fc.Arbitrary<ProposalMessage> =>
  fc.record({
    proposal: fc.record({
      height: safe,
      round: uint32,
      validRound: fc.integer({ min: -1, max: 0xfffffffe }),
      blockHash: hash,
      proposerIndex: uint16,
      signature: sized(64),
    }),
    block: proposed,
    polc: maybe(certificate),
  });

const is = <T extends Message["type"]>(type: T) => fc.constant(type);
const ids = fc.array(hash, { maxLength: 5 });

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: is("proposal"),
    proposal: proposal(block),
  }),
  fc.record({
    type: is("compactProposal"),
    proposal: proposal(block.map((whole) => ({ ...whole, transactions: [] }))),
    witnessIds: ids,
  }),
  fc.record({
    type: is("getBlockTxs"),
    request: fc.record({
      requestId: uint32,
      height: safe,
      blockHash: hash,
      indices: fc
        .uniqueArray(uint16, { maxLength: 6 })
        .map((indices) => indices.toSorted((a, b) => a - b)),
    }),
  }),
  fc.record({ type: is("getProposal"), height: safe, blockHash: hash }),
  fc.record({
    type: is("blockTxs"),
    requestId: uint32,
    transactions: fc.array(transaction, { maxLength: 3 }),
  }),
  fc.record({
    type: is("vote"),
    vote: fc.record({
      type: voteType,
      height: safe,
      round: uint32,
      blockHash: hash,
      validatorIndex: uint16,
      signature: sized(64),
    }),
  }),
  fc.record({ type: is("certificate"), certificate }),
  fc.record({ type: is("evidence"), evidence }),
  fc.record({ type: is("roundCertificate"), certificate: roundCertificate }),
  fc.record({ type: is("reach"), missing: ids }),
  fc.record({
    type: is("status"),
    status: fc.record({ height: safe, baseHeight: safe, blockHash: hash }),
  }),
  fc.record({
    type: is("getBlocks"),
    request: fc.record({ requestId: uint32, fromHeight: safe, count: uint16 }),
  }),
  fc.record({
    type: is("blocks"),
    requestId: uint32,
    blocks: fc.array(fc.record({ block, certificate }), { maxLength: 2 }),
  }),
  fc.record({ type: is("getSnapshot"), requestId: uint32, maxHeight: safe }),
  fc.record({ type: is("snapshot"), requestId: uint32, manifest: maybe(manifest) }),
  fc.record({
    type: is("getSnapshotChunk"),
    request: fc.record({ requestId: uint32, height: safe, index: uint32 }),
  }),
  fc.record({
    type: is("snapshotChunk"),
    requestId: uint32,
    records: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({ type: is("txIds"), witnessIds: ids }),
  fc.record({ type: is("getTxs"), witnessIds: ids }),
  fc.record({ type: is("txs"), transactions: fc.array(transaction, { maxLength: 3 }) }),
  fc.record({ type: is("ping"), nonce: uint32 }),
  fc.record({ type: is("pong"), nonce: uint32, nowMs: fc.maxSafeNat() }),
  fc.record({
    type: is("peers"),
    addresses: fc.array(fc.string({ maxLength: 40, unit: "grapheme" }), { maxLength: 4 }),
  }),
);

/** The whole promise of the decoder: a coded refusal, or a value that has exactly these bytes. */
function refusesOrRestores(frame: Uint8Array): "refused" | "restored" {
  let decoded: Message;
  try {
    decoded = decodeFrame(frame);
  } catch (error) {
    expect(error, String(error)).toBeInstanceOf(CodedError);
    return "refused";
  }
  expect(equalBytes(encodeFrame(decoded), frame), "the decoder took a second encoding").toBe(true);
  return "restored";
}

describe("frames", () => {
  it("decode to the message they were made from", () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(decodeFrame(encodeFrame(value))).toEqual(value);
      }),
      { numRuns: 600 },
    );
  });

  it("changed anywhere are refused, or are another message's one encoding", () => {
    const changes = fc.array(
      fc.record({
        at: fc.nat(),
        kind: fc.constantFrom("set", "flip", "insert", "delete", "zero", "ones"),
        byte: fc.integer({ min: 0, max: 255 }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    const verdicts = new Set<string>();
    fc.assert(
      fc.property(message, changes, (value, edits) => {
        const frame = [...encodeFrame(value)];
        for (const { at, kind, byte } of edits) {
          const place = at % (frame.length + 1);
          if (kind === "insert") frame.splice(place, 0, byte);
          else if (kind === "delete") frame.splice(place, 1);
          else if (kind === "zero") frame.fill(0, place, place + 8);
          else if (kind === "ones") frame.fill(255, place, place + 8);
          else if (place < frame.length) {
            frame[place] = kind === "set" ? byte : (frame[place] ?? 0) ^ (1 << (byte & 7));
          }
        }
        verdicts.add(refusesOrRestores(Uint8Array.from(frame)));
      }),
      { numRuns: 1_500 },
    );
    expect([...verdicts].sort()).toEqual(["refused", "restored"]);
  });

  it("cut short or made longer are refused or canonical, at every length", () => {
    for (const sample of Object.values(MESSAGES as Readonly<Record<string, Message>>)) {
      const frame = encodeFrame(sample);
      for (let length = 0; length < frame.length; length++) {
        refusesOrRestores(frame.subarray(0, length));
      }
      refusesOrRestores(Uint8Array.of(...frame, 0));
    }
  });

  it("flipped in one bit are refused or canonical", () => {
    for (const sample of Object.values(MESSAGES as Readonly<Record<string, Message>>)) {
      const frame = encodeFrame(sample);
      // In the long ones every seventh bit: all bits of a byte in turn.
      const step = frame.length > 300 ? 7 : 1;
      for (let bit = 0; bit < frame.length * 8; bit += step) {
        const changed = Uint8Array.from(frame);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        refusesOrRestores(changed);
      }
    }
  });

  it("of random bytes never do anything else", () => {
    const types = [
      0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25,
      0x26, 0x30, 0x31, 0x32, 0x40, 0x41, 0x42,
    ];
    const frame = fc
      .tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 300 }))
      .map(([byte, body]) => Uint8Array.of(byte, ...body));
    fc.assert(
      fc.property(frame, (bytes) => {
        refusesOrRestores(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  const codeOf = (frame: Uint8Array): string => {
    try {
      return decodeFrame(frame).type;
    } catch (error) {
      return (error as CodedError).code;
    }
  };

  it("tell their type by the first byte", () => {
    for (const message of Object.values(MESSAGES))
      expect(frameTypeOf(encodeFrame(message))).toBe(message.type);
    expect(frameTypeOf(Uint8Array.of(0xff))).toBeUndefined();
    expect(frameTypeOf(new Uint8Array(0))).toBeUndefined();
  });

  it("without a known type byte are refused by name", () => {
    expect(codeOf(new Uint8Array())).toBe("CODEC_UNKNOWN_MESSAGE");
    expect(codeOf(Uint8Array.of(0x99, 1, 2))).toBe("CODEC_UNKNOWN_MESSAGE");
  });

  it("above their type's bound are refused before they are decoded", () => {
    const longVote = new Uint8Array(300);
    longVote[0] = 0x11;
    expect(codeOf(longVote)).toBe("CODEC_TOO_LARGE");
    const longBlocks = new Uint8Array(MAX_FRAME_BYTES + 1);
    longBlocks[0] = 0x22;
    expect(codeOf(longBlocks)).toBe("CODEC_TOO_LARGE");
  });

  it("with heights or times beyond 2^53 are refused, not rounded", () => {
    const frame = encodeFrame(MESSAGES.status);
    for (const [at, byte] of [
      [8, 0x20],
      [8, 0xff],
      [7, 0xff],
    ] as const) {
      const changed = Uint8Array.from(frame);
      changed[at] = byte;
      expect(codeOf(changed)).toBe("CODEC_MALFORMED");
    }
  });
});
