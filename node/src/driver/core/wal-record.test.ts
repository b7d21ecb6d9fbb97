import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BLOCK,
  CERTIFICATE,
  PROPOSAL,
  ROUND_CERTIFICATE,
  VOTE,
} from "../../../test/sample-messages.ts";
import { toHex } from "../../codec/hex.ts";
import type { Input, TimedInput } from "../../consensus/api.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import type { Block } from "../../types/chain.ts";
import { decodeWalRecord, encodeWalRecord } from "./wal-record.ts";

const safe = fc.maxSafeNat();
const round = fc.nat(2 ** 31);
const sized = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const hashOf = (block: Block): string => toHex(blockHashOf(block.header));

const block: fc.Arbitrary<Block> = fc
  .record({ height: safe, timestampMs: safe, stateRoot: sized(32), proposer: sized(32) })
  .map((header) => ({ ...BLOCK, header: { ...BLOCK.header, ...header } }));
const certificate = fc
  .record({ height: safe, round, blockHash: sized(32) })
  .map((changed) => ({ ...CERTIFICATE, ...changed }));
const type = fc.constantFrom(1 as const, 2 as const);

const input: fc.Arbitrary<Input> = fc.oneof(
  fc
    .record({ type, height: safe, round, blockHash: sized(32), signature: sized(64) })
    .map((changed) => ({ type: "vote" as const, vote: { ...VOTE, ...changed } })),
  certificate.map((made) => ({ type: "certificate" as const, certificate: made })),
  fc.record({ height: safe }).map((changed) => ({
    type: "roundCertificate" as const,
    certificate: { ...ROUND_CERTIFICATE, ...changed },
  })),
  fc
    .record({ block, polc: fc.option(certificate, { nil: undefined }), valid: fc.boolean() })
    .map(({ block: made, polc, valid }) => ({
      type: "proposal" as const,
      message: { proposal: PROPOSAL, block: made, polc },
      blockHash: hashOf(made),
      valid,
    })),
  fc.record({ block, certificate }).map((certified) => ({
    type: "certifiedBlock" as const,
    certified,
    blockHash: hashOf(certified.block),
  })),
  fc.record({ round, block }).map(({ round: at, block: made }) => ({
    type: "blockBuilt" as const,
    round: at,
    block: made,
    blockHash: hashOf(made),
  })),
  fc.record({
    type: fc.constant("timeout" as const),
    height: safe,
    round,
    step: fc.constantFrom(
      "newHeight" as const,
      "propose" as const,
      "prevote" as const,
      "precommit" as const,
      "rebroadcast" as const,
    ),
  }),
);

describe("a WAL record", () => {
  it("gives back every input as it was", () => {
    const timed: fc.Arbitrary<TimedInput> = fc.record({ nowMs: safe, input });
    fc.assert(
      fc.property(timed, (given) => {
        const record = encodeWalRecord(given);
        expect(record).toBeDefined();
        expect(decodeWalRecord(record ?? new Uint8Array(0))).toEqual(given);
      }),
      { numRuns: 300 },
    );
  });

  it("is read where it lies, inside a longer buffer too", () => {
    const given: TimedInput = { nowMs: 5, input: { type: "vote", vote: VOTE } };
    const record = encodeWalRecord(given) ?? new Uint8Array(0);
    const buffer = new Uint8Array(record.length + 20);
    buffer.set(record, 7);
    expect(decodeWalRecord(buffer.subarray(7, 7 + record.length))).toEqual(given);
  });

  it("is not made of a height's beginning, which each start makes anew", () => {
    const context = {
      height: 1,
      validators: [],
      leaderOrder: [],
      self: undefined,
      parentTimestampMs: 0,
    };
    const begin = { type: "enterHeight", context, startInMs: 0 } as const;
    expect(encodeWalRecord({ nowMs: 0, input: begin })).toBeUndefined();
  });

  it("of a kind that this program does not write is a broken invariant", () => {
    const record = encodeWalRecord({ nowMs: 0, input: { type: "vote", vote: VOTE } });
    const foreign = Uint8Array.from(record ?? []);
    foreign[0] = 99;
    expect(() => decodeWalRecord(foreign)).toThrow("unknown kind 99");
  });
});
