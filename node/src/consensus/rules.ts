// The leaf rules on which safety stands, each a pure function of a line or two. They are gathered in
// one value so that the simulator can show that it finds their absence: it plants a wrong one and
// must see the harm (sim/planted). Production passes RULES and nothing else.

import { equalBytes } from "../codec/bytes.ts";
import { faultyPower, quorumPower } from "../crypto/certificate.ts";
import type { Certificate, Round } from "../types/chain.ts";
import { PREVOTE } from "../types/chain.ts";
import type { Proposal, Vote } from "../types/consensus.ts";
import type { Step } from "./api.ts";

/** The value this node last precommitted, and when. */
export interface Lock {
  readonly round: Round;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

export interface Rules {
  /** Power of prevotes that makes a polka: q, the paper's 2f + 1. */
  polkaPower(totalPower: number): number;
  /** Power of precommits that commits. */
  commitPower(totalPower: number): number;
  /** Paper lines 23 and 29. May a proposal of `hash` with a PoLC of `validRound` (-1: none) be prevoted under the lock? */
  lockPermits(lock: Lock | undefined, hash: Uint8Array, validRound: Round): boolean;
  /** Paper line 28. Does the certificate justify the re-proposal? Its signatures and power are already verified. */
  polcJustifies(proposal: Proposal, polc: Certificate | undefined): boolean;
  /** Paper lines 38-39. The lock after a polka in step prevote. */
  lockAfterPolka(lock: Lock | undefined, polka: Lock): Lock;
  /** The lock carried into the next round. */
  lockInNextRound(lock: Lock | undefined): Lock | undefined;
  /** Paper lines 22 and 28, "while step = propose". May a prevote be cast in this step? */
  mayPrevote(step: Step): boolean;
  /** May a vote be signed where this vote of the own key is known for its place? */
  maySign(known: Vote | undefined): boolean;
  /** Power of votes in higher rounds that pulls this node after them. */
  jumpPower(totalPower: number): number;
  /** Does a polka of `round` renew the valid value, which had one in round `known` (-1: none)? */
  renewsValid(known: Round, round: Round): boolean;
}

export const RULES: Rules = {
  polkaPower: quorumPower,
  commitPower: quorumPower,
  lockPermits: (lock, hash, validRound) =>
    lock === undefined || equalBytes(lock.hash, hash) || lock.round <= validRound,
  polcJustifies: (proposal, polc) =>
    polc !== undefined &&
    polc.type === PREVOTE &&
    polc.height === proposal.height &&
    polc.round === proposal.validRound &&
    polc.round < proposal.round &&
    equalBytes(polc.blockHash, proposal.blockHash),
  lockAfterPolka: (_lock, polka) => polka,
  lockInNextRound: (lock) => lock,
  mayPrevote: (step) => step === "propose",
  maySign: (known) => known === undefined,
  jumpPower: (total) => faultyPower(total) + 1,
  renewsValid: (known, round) => round > known,
};
