// A proof has one encoding: every other order, split or doubling of the same votes is refused.

import { describe, expect, it } from "vitest";
import { bytes, ROUND_CERTIFICATE } from "../../test/sample-messages.ts";
import type { RoundCertificate, VoteGroup } from "../types/consensus.ts";
import { MAX_VALIDATORS } from "../types/limits.ts";
import { decodeFrame, encodeFrame } from "./frames.ts";

const framed = (certificate: RoundCertificate): Uint8Array =>
  encodeFrame({ type: "roundCertificate", certificate });

const [nil, some, lone] = ROUND_CERTIFICATE.groups as readonly [VoteGroup, VoteGroup, VoteGroup];
const withGroups = (...groups: readonly VoteGroup[]) => ({ ...ROUND_CERTIFICATE, groups });
const signedBy = (group: VoteGroup, ...signers: readonly number[]): VoteGroup => ({
  ...group,
  signers: group.signers.map((_, index) => signers.includes(index)),
  signatures: signers.map((index) => bytes(64, index)),
});

describe("a round certificate on the wire", () => {
  it.each<[string, RoundCertificate, string]>([
    ["of no votes", withGroups(), "no votes"],
    ["of round 0", { ...ROUND_CERTIFICATE, round: 0 }, "round 0 needs none"],
    ["with groups in another order", withGroups(some, nil, lone), "groups disordered"],
    ["with a value in two groups", withGroups(nil, signedBy(nil, 0)), "groups disordered"],
    ["with a validator in two groups", withGroups(nil, signedBy(some, 9)), "validator 9 twice"],
    ["with an empty group", withGroups(nil, signedBy(some)), "0 signers"],
    ["with too few signatures", withGroups({ ...nil, signatures: [bytes(64, 1)] }), "3 signers"],
    [
      "with bitmaps of two lengths",
      withGroups(nil, { ...lone, signers: lone.signers.slice(0, 9) }),
      "different lengths",
    ],
    ["with a vote type that does not exist", withGroups({ ...nil, type: 3 as 2 }), "vote type 3"],
  ])("%s is refused", (_name, certificate, reason) => {
    expect(() => decodeFrame(framed(certificate))).toThrow(reason);
  });

  it("of an unknown kind is refused", () => {
    const frame = framed(ROUND_CERTIFICATE);
    frame[1] = 4;
    expect(() => decodeFrame(frame)).toThrow("kind 4");
    frame[1] = 0;
    expect(() => decodeFrame(frame)).toThrow("kind 0");
  });

  it("takes a vote of each validator of the largest set, all different, within its bound", () => {
    const groups = Array.from({ length: MAX_VALIDATORS }, (_, index) => ({
      type: 2 as const,
      round: 2,
      blockHash: bytes(32, index),
      signers: Array.from({ length: MAX_VALIDATORS }, (_, other) => other === index),
      signatures: [bytes(64, index)],
    })).sort((a, b) => (a.blockHash[0] ?? 0) - (b.blockHash[0] ?? 0));
    const largest = framed(withGroups(...groups));
    expect(decodeFrame(largest)).toMatchObject({ type: "roundCertificate" });
    expect(largest.length).toBeLessThan(64 * 1024);
  });

  it("costs about two kilobytes where all of 31 validators have voted in three ways", () => {
    const of31 = (...signers: readonly number[]) => ({
      ...signedBy({ ...nil, signers: Array<boolean>(31).fill(false) }, ...signers),
    });
    const indices = Array.from({ length: 31 }, (_, index) => index);
    const three = [0, 1, 2].map((value) => ({
      ...of31(...indices.filter((index) => index % 3 === value)),
      blockHash: bytes(32, value),
    }));
    expect(framed(withGroups(...three)).length).toBe(2_161);
  });
});
