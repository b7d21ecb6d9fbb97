// The layouts written by hand against the SSZ library's own reading of the same fields: same bytes out,
// same values in, and the same bytes refused.

import { BitArray, ContainerType, type Type } from "@chainsafe/ssz";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlockHeader, Certificate } from "../types/chain.ts";
import type { Proposal, ProposalMessage, RoundCertificate, Vote } from "../types/consensus.ts";
import { blockToWire } from "./chain.ts";
import { decodeFrame, encodeFrame, type Message } from "./frames.ts";
import {
  BlockHeaderSchema,
  CERTIFICATE_FIELDS,
  CertificateSchema,
  HEADER_FIELDS,
  PING_FIELDS,
  PingSchema,
  PONG_FIELDS,
  PongSchema,
  PROPOSAL_FIELDS,
  ProposalMessageSchema,
  ProposalSchema,
  RoundCertificateSchema,
  STATUS_FIELDS,
  StatusSchema,
  VOTE_FIELDS,
  VoteSchema,
} from "./schemas.ts";

const LIBRARY = {
  vote: new ContainerType(VOTE_FIELDS),
  header: new ContainerType(HEADER_FIELDS),
  proposal: new ContainerType(PROPOSAL_FIELDS),
  certificate: new ContainerType(CERTIFICATE_FIELDS),
  status: new ContainerType(STATUS_FIELDS),
  ping: new ContainerType(PING_FIELDS),
  pong: new ContainerType(PONG_FIELDS),
};

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
const height = fc.oneof(fc.nat(300), fc.maxSafeNat());
const round = fc.oneof(fc.nat(3), fc.nat(0xffffffff));
const body = { type: fc.constantFrom<1 | 2>(1, 2), height, round, blockHash: hash };

const votes: fc.Arbitrary<Vote> = fc.record({ ...body, validatorIndex: fc.nat(65_535), signature });
const proposals: fc.Arbitrary<Proposal> = fc.record({
  height,
  round,
  validRound: fc.integer({ min: -1, max: 0xfffffffe }),
  blockHash: hash,
  proposerIndex: fc.nat(65_535),
  signature,
});
const headers: fc.Arbitrary<BlockHeader> = fc.record({
  version: fc.nat(65_535),
  height,
  round,
  parentHash: hash,
  lastCommitHash: hash,
  validatorsHash: hash,
  nextValidatorsHash: hash,
  txRoot: hash,
  evidenceRoot: hash,
  stateRoot: hash,
  proposer: hash,
  timestampMs: height,
});
const certificates: fc.Arbitrary<Certificate> = fc
  .array(fc.boolean(), { maxLength: 40 })
  .chain((signers) => {
    const count = signers.filter(Boolean).length;
    const signatures = fc.array(signature, { minLength: count, maxLength: count });
    return fc.record({ ...body, signers: fc.constant(signers), signatures });
  });

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const emptyProposals: fc.Arbitrary<ProposalMessage> = fc.record({
  proposal: proposals,
  block: fc.record({
    header: headers,
    lastCommit: maybe(certificates),
    evidence: fc.constant([]),
    transactions: fc.constant([]),
  }),
  polc: maybe(certificates),
});
/** Up to four groups of 12 validators: each validator stands in one of them, or in none. */
const roundCertificates: fc.Arbitrary<RoundCertificate> = fc
  .tuple(
    fc.constantFrom<RoundCertificate["kind"]>("precommits", "noQuorum", "higherVotes"),
    fc.maxSafeNat(),
    fc.integer({ min: 1, max: 0xffffffff }),
    fc.array(fc.nat(4), { minLength: 12, maxLength: 12 }).filter((all) => all.some((g) => g < 4)),
    hash,
  )
  .map(([kind, at, next, places, value]) => {
    const groups = [0, 1, 2, 3].map((group) => ({
      type: 2 as const,
      round: group,
      blockHash: value,
      signers: places.map((place) => place === group),
      signatures: places
        .filter((place) => place === group)
        .map((_, i) => new Uint8Array(64).fill(i)),
    }));
    const voted = groups.filter(({ signatures }) => signatures.length > 0);
    return { kind, height: at, round: next, groups: voted };
  });

/** What decodeFrame() makes of a frame of this type byte, and undefined where it refuses. */
function decoded(type: number, bytes: Uint8Array): Message | undefined {
  try {
    return decodeFrame(new Uint8Array([type, ...bytes]));
  } catch {
    return undefined;
  }
}

/** What the library reads, in the shape of the types; undefined where it or a check refuses. */
function libraryCertificate(bytes: Uint8Array): Certificate | undefined {
  const wire = read(LIBRARY.certificate, bytes);
  if (wire === undefined) return undefined;
  const signers = wire.signers.toBoolArray();
  const { type } = wire;
  if (type !== 1 && type !== 2) return undefined;
  if (signers.filter(Boolean).length !== wire.signatures.length) return undefined;
  return Number.isSafeInteger(wire.height) ? { ...wire, type, signers } : undefined;
}

function read<T>(schema: Type<T>, bytes: Uint8Array): T | undefined {
  try {
    return schema.deserialize(bytes);
  } catch {
    return undefined;
  }
}

/** Valid bytes with some of them changed, cut off or added. */
const damaged = (bytes: Uint8Array, [place, byte, cut]: readonly [number, number, number]) => {
  const changed =
    cut > 0
      ? new Uint8Array([...bytes, ...Array<number>(cut).fill(byte)])
      : bytes.slice(0, bytes.length + cut);
  changed[place % Math.max(1, changed.length)] = byte;
  return changed;
};
const damage = fc.tuple(fc.nat(400), fc.nat(255), fc.constantFrom(0, 0, 0, -1, -64, 1, 64));

describe("a layout by hand", () => {
  it("writes and reads votes and headers as the library does", () => {
    fc.assert(
      fc.property(votes, headers, (vote, header) => {
        const voteBytes = VoteSchema.serialize(vote);
        expect(voteBytes).toEqual(LIBRARY.vote.serialize(vote));
        expect(VoteSchema.deserialize(voteBytes)).toEqual(vote);
        const headerBytes = BlockHeaderSchema.serialize(header);
        expect(headerBytes).toEqual(LIBRARY.header.serialize(header));
        expect(BlockHeaderSchema.deserialize(headerBytes)).toEqual(header);
      }),
    );
  });

  it("writes and reads proposals as the library does", () => {
    fc.assert(
      fc.property(proposals, (proposal) => {
        const bytes = ProposalSchema.serialize(proposal);
        const wire = { ...proposal, validRoundPlusOne: proposal.validRound + 1 };
        expect(bytes).toEqual(LIBRARY.proposal.serialize(wire));
        expect(ProposalSchema.deserialize(bytes)).toEqual(proposal);
      }),
    );
  });

  it("writes and reads status, ping and pong as the library does, and refuses other sizes", () => {
    fc.assert(
      fc.property(height, height, hash, round, (own, base, blockHash, nonce) => {
        const pairs = [
          [StatusSchema, LIBRARY.status, { height: own, baseHeight: base, blockHash }],
          [PingSchema, LIBRARY.ping, { nonce }],
          [PongSchema, LIBRARY.pong, { nonce, nowMs: own }],
        ] as unknown as readonly (readonly [Type<object>, Type<object>, object])[];
        for (const [schema, library, value] of pairs) {
          const bytes = schema.serialize(value);
          expect(bytes).toEqual(library.serialize(value));
          expect(schema.deserialize(bytes)).toEqual(value);
          expect(read(schema, bytes.subarray(1))).toBeUndefined();
          expect(read(schema, new Uint8Array(bytes.length + 1))).toBeUndefined();
        }
      }),
    );
  });

  it("writes and reads certificates as the library does", () => {
    fc.assert(
      fc.property(certificates, (certificate) => {
        const bytes = CertificateSchema.serialize(certificate);
        const signers = BitArray.fromBoolArray([...certificate.signers]);
        const signatures = [...certificate.signatures];
        const wire = { ...certificate, signers, signatures };
        expect(bytes).toEqual(LIBRARY.certificate.serialize(wire));
        expect(CertificateSchema.deserialize(bytes)).toEqual(certificate);
      }),
    );
  });

  it("writes proposals of empty blocks as the library does, and reads them back", () => {
    fc.assert(
      fc.property(emptyProposals, (proposal) => {
        const { block, polc } = proposal;
        const wire = { proposal: proposal.proposal, block: blockToWire(block), polc: polc ?? null };
        const frame = encodeFrame({ type: "proposal", proposal });
        expect(frame.subarray(1)).toEqual(ProposalMessageSchema.serialize(wire));
        expect(decodeFrame(frame)).toEqual({ type: "proposal", proposal });
      }),
    );
  });

  it("reads of damaged proposals what the library reads", () => {
    fc.assert(
      fc.property(emptyProposals, damage, fc.nat(1_000), (proposal, [, byte, cut], place) => {
        const frame = encodeFrame({ type: "proposal", proposal });
        const bytes = damaged(frame.slice(1), [place, byte, cut]);
        const wire = read(ProposalMessageSchema, bytes);
        const message = decoded(0x10, bytes);
        // What the library refuses is refused, and what is taken is its own one encoding.
        if (wire === undefined) expect(message).toBeUndefined();
        if (message !== undefined) expect(encodeFrame(message).subarray(1)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it("writes round certificates as the library does, and reads of damaged ones the same", () => {
    fc.assert(
      fc.property(roundCertificates, damage, (certificate, change) => {
        const kind = ["precommits", "noQuorum", "higherVotes"].indexOf(certificate.kind) + 1;
        const groups = certificate.groups.map((group) => ({
          ...group,
          signers: BitArray.fromBoolArray([...group.signers]),
          signatures: [...group.signatures],
        }));
        const frame = encodeFrame({ type: "roundCertificate", certificate });
        const written = RoundCertificateSchema.serialize({ ...certificate, kind, groups });
        expect(frame.subarray(1)).toEqual(written);
        expect(decodeFrame(frame)).toEqual({ type: "roundCertificate", certificate });
        const bytes = damaged(written, change);
        const message = decoded(0x13, bytes);
        if (read(RoundCertificateSchema, bytes) === undefined) expect(message).toBeUndefined();
        if (message !== undefined) expect(encodeFrame(message).subarray(1)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses the damaged bytes that the library refuses, and reads the others alike", () => {
    fc.assert(
      fc.property(certificates, damage, (certificate, change) => {
        const bytes = damaged(CertificateSchema.serialize(certificate), change);
        expect(read(CertificateSchema, bytes)).toEqual(libraryCertificate(bytes));
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(votes, damage, (vote, change) => {
        const bytes = damaged(VoteSchema.serialize(vote), change);
        const expected = read(LIBRARY.vote, bytes);
        const isKnown = expected?.type === 1 || expected?.type === 2;
        expect(read(VoteSchema, bytes)).toEqual(isKnown ? expected : undefined);
      }),
      { numRuns: 300 },
    );
  });
});
