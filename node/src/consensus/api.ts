// The contract of the consensus core: what goes in and what comes out. The core is
// step(state, input) -> { state, effects }; it never verifies a signature, reads a clock or waits.
// Before an input arrives here the driver has checked its size, decoded it, verified every signature
// in it against the validator set of its height and, for a proposal, judged its block.
//
// Persist before send: the driver makes an input durable in the WAL before it performs any effect
// that leaves the process, and a signature durable in the sign state before it leaves the signer.

import type {
  Block,
  Certificate,
  CertifiedBlock,
  HashHex,
  Height,
  Round,
  UnixMs,
  ValidatorSet,
  VoteType,
} from "../types/chain.ts";
import type { ProposalMessage, RoundCertificate, Vote } from "../types/consensus.ts";

export type Step = "newHeight" | "propose" | "prevote" | "precommit" | "rebroadcast";

/** Timeouts and pacing; all of it local but the block limits and intervals, which genesis fixes. */
export interface ConsensusParams {
  /** Round 0, where the height's context brings no measured ones. */
  readonly timeoutProposeMs: number;
  readonly timeoutVoteMs: number;
  /** Factor per round, e.g. 1.2. */
  readonly timeoutGrowth: number;
  readonly maxTimeoutMs: number;
  /** Proposer-based time: precision of clocks, and the message delay allowed at round 0. */
  readonly precisionMs: number;
  readonly messageDelayMs: number;
}

/** How long round 0 of a height waits, as measured by this node; liveness only, so nodes may differ. */
export interface HeightTimeouts {
  readonly proposeMs: number;
  /** T_prevote = T_precommit. */
  readonly voteMs: number;
}

/** What fixes one height: all of it is known when the height before it is committed. */
export interface HeightContext {
  readonly height: Height;
  readonly validators: ValidatorSet;
  /** Validator indices in leader order: leader(h, r) = leaderOrder[(h + r) mod length]. */
  readonly leaderOrder: readonly number[];
  /** Own index in the set, or undefined for a node without a vote. */
  readonly self: number | undefined;
  readonly parentTimestampMs: UnixMs;
  /**
   * Absent: those of ConsensusParams. No state but running timers depends on them, so a replay may
   * bring others than the run that wrote the log.
   */
  readonly timeouts?: HeightTimeouts;
}

export type Input =
  /** Begin `context.height`; startRound 0 follows when the driver fires the newHeight timeout. */
  | { readonly type: "enterHeight"; readonly context: HeightContext; readonly startInMs: number }
  /**
   * A proposal of the current height; `valid` is the ledger's judgement of its block. The driver
   * drops one whose block does not hash to proposal.blockHash or whose body does not match its
   * header: those bytes are not under the leader's signature, so they are the sender's fault and
   * must not cost the leader a vote.
   */
  | {
      readonly type: "proposal";
      readonly message: ProposalMessage;
      readonly blockHash: HashHex;
      readonly valid: boolean;
    }
  | { readonly type: "vote"; readonly vote: Vote }
  /** A verified certificate of the current height: PoLC, nil polka, or commit certificate. */
  | { readonly type: "certificate"; readonly certificate: Certificate }
  /** A verified round certificate of the current height. */
  | { readonly type: "roundCertificate"; readonly certificate: RoundCertificate }
  /** A block with its verified commit certificate, from sync or from an answer to fetchBlock. */
  | {
      readonly type: "certifiedBlock";
      readonly certified: CertifiedBlock;
      readonly blockHash: HashHex;
    }
  /** The answer to buildBlock: the driver's new block for this round. */
  | {
      readonly type: "blockBuilt";
      readonly round: Round;
      readonly block: Block;
      readonly blockHash: HashHex;
    }
  | {
      readonly type: "timeout";
      readonly height: Height;
      readonly round: Round;
      readonly step: Step;
    };

/** Every input carries the local wall clock at which the driver took it. */
export interface TimedInput {
  readonly nowMs: UnixMs;
  readonly input: Input;
}

/** Messages of one round that others than this node signed. */
export interface HeldMessages {
  readonly proposal: ProposalMessage | undefined;
  readonly votes: readonly Vote[];
}

export type Effect =
  /** Ask the driver for a new block; it answers with blockBuilt. */
  | { readonly type: "buildBlock"; readonly height: Height; readonly round: Round }
  /** Sign and broadcast a proposal, then feed it back as an input. */
  | {
      readonly type: "signProposal";
      readonly height: Height;
      readonly round: Round;
      readonly validRound: number;
      readonly block: Block;
      readonly blockHash: HashHex;
      readonly polc: Certificate | undefined;
    }
  /** Sign and broadcast a vote, then feed it back as an input. Nil where blockHash is undefined. */
  | {
      readonly type: "signVote";
      readonly voteType: VoteType;
      readonly height: Height;
      readonly round: Round;
      readonly blockHash: HashHex | undefined;
    }
  | {
      readonly type: "startTimeout";
      readonly height: Height;
      readonly round: Round;
      readonly step: Step;
      readonly delayMs: number;
    }
  /** Send to every peer. */
  | { readonly type: "broadcastCertificate"; readonly certificate: Certificate }
  /** Send to every peer. */
  | { readonly type: "broadcastRoundCertificate"; readonly certificate: RoundCertificate }
  /**
   * Sent again on a rebroadcast timeout: own last messages of this height, and why the round was
   * entered, as a quorum for one value or as a round certificate.
   */
  | {
      readonly type: "rebroadcast";
      readonly proposal: ProposalMessage | undefined;
      readonly votes: readonly Vote[];
      readonly certificate: Certificate | undefined;
      readonly roundCertificate: RoundCertificate | undefined;
      /** What others signed in this round, as far as it is held: for peers that cannot hear them. */
      readonly held: HeldMessages;
    }
  /**
   * STILL_ROUNDS of the height have failed, and another one has begun: perhaps some validators do not hear each
   * other. A rebroadcast says the same.
   */
  | { readonly type: "standsStill"; readonly height: Height; readonly round: Round }
  /** A commit certificate is held but not its block. */
  | { readonly type: "fetchBlock"; readonly height: Height; readonly blockHash: HashHex }
  /**
   * A polka of `round` is known, but its block is not held: ask validators that signed it for a proposal
   * of the block. The answer comes back as a proposal.
   */
  | {
      readonly type: "fetchProposal";
      readonly height: Height;
      readonly round: Round;
      readonly blockHash: HashHex;
    }
  /** Final: persist, apply, then enterHeight(height + 1). */
  | { readonly type: "decide"; readonly certified: CertifiedBlock; readonly blockHash: HashHex }
  | {
      readonly type: "evidence";
      readonly validatorIndex: number;
      readonly kind: "doubleProposal" | "doublePrevote" | "doublePrecommit";
      readonly first: Vote | ProposalMessage;
      readonly second: Vote | ProposalMessage;
    }
  /** For logs and metrics only. */
  | {
      readonly type: "note";
      readonly name: "newRound" | "lock" | "polka" | "unjustifiedProposal" | "invalidProposal";
      readonly height: Height;
      readonly round: Round;
      readonly reason: string;
    };
