// What a Byzantine leader may put into a proposal: blocks that no ledger accepts, wrong times, rounds and
// parents, values that once had a polka, values that never had one, and proposals out of turn.

import { certificateHashOf } from "../../src/crypto/ids.ts";
import { txRootOf } from "../../src/ledger/apply-block.ts";
import { identify } from "../../src/ledger/validate-transaction.ts";
import type { Block, BlockHeader } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import { chainOf, payment } from "../world/chain.ts";
import type { Rng } from "../world/rng.ts";
import { type CulpritAdapter, type Outgoing, sent } from "./culprit.ts";

const MINUTE_MS = 60_000;
/** Above the chain's limit of 100 transactions. */
const TOO_MANY_TXS = 101;

/** A block that is invalid, untimely or not its header's. */
export function badBlock(culprit: CulpritAdapter, message: ProposalMessage): ProposalMessage {
  const { block } = message;
  const { header } = block;
  const other = (change: Partial<BlockHeader>): Block => ({
    ...block,
    header: { ...header, ...change },
  });
  const wrong = new Uint8Array(32).fill(culprit.rng.int(256));
  const bad = culprit.rng.pick([
    () => other({ stateRoot: wrong }),
    () => other({ parentHash: wrong }),
    () => other({ lastCommitHash: wrong }),
    () => other({ timestampMs: header.timestampMs + MINUTE_MS }),
    () => other({ timestampMs: Math.max(0, header.timestampMs - MINUTE_MS) }),
    () => other({ round: header.round + 1 }),
    () => other({ proposer: wrong }),
    () => badCommit(block, culprit.rng),
    () => overfull(block, 1),
    () => overfull(block, TOO_MANY_TXS),
  ]);
  return culprit.propose(message, bad());
}

/** With a certificate of the parent that lacks signers, or one whose signature is wrong. */
function badCommit(block: Block, rng: Rng): Block {
  const { lastCommit, header } = block;
  if (lastCommit === undefined) return { ...block, header: { ...header, version: 1 } };
  const first = lastCommit.signers.indexOf(true);
  const short = {
    ...lastCommit,
    signers: lastCommit.signers.map((_, index) => index === first),
    signatures: lastCommit.signatures.slice(0, 1),
  };
  const wrong = {
    ...lastCommit,
    signatures: lastCommit.signatures.with(0, new Uint8Array(64).fill(rng.int(256))),
  };
  const other = rng.pick([short, wrong]);
  const lastCommitHash = certificateHashOf(other);
  return { ...block, lastCommit: other, header: { ...header, lastCommitHash } };
}

/** The same spend `times` over, behind a root that matches. */
function overfull(block: Block, times: number): Block {
  // A spend of another chain: its coin does not exist here.
  const tx = payment(chainOf(1), { from: 0, to: 1, outputs: 1 });
  const transactions = Array.from({ length: times }, () => tx);
  const txRoot = txRootOf(transactions.map(identify));
  return { ...block, transactions, header: { ...block.header, txRoot } };
}

/** Proposes again what once had a polka, however long ago, with its true PoLC. */
export function stale(culprit: CulpritAdapter, own: ProposalMessage): ProposalMessage {
  const { round, proposerIndex } = own.proposal;
  const choices = culprit.seen.polkasBefore(round, culprit.quorum, culprit.count);
  if (choices.length === 0) return own;
  const { message, polc } = culprit.rng.pick(choices);
  const change = { round, proposerIndex, validRound: polc.round };
  return { ...culprit.propose(message, message.block, change), polc };
}

/** A new block that claims a PoLC of an earlier round, without one or with another block's. */
export function unjustified(culprit: CulpritAdapter, message: ProposalMessage): ProposalMessage {
  const { rng, seen, quorum, count } = culprit;
  const { round } = message.proposal;
  const [first] = seen.proposals;
  const header = { ...culprit.freshBlock(message, 0).header };
  const proposer = first?.block.header.proposer ?? header.proposer;
  const block = { ...message.block, header: { ...header, proposer } };
  const polkas = seen.polkasBefore(round, quorum, count);
  const polc = polkas.length > 0 && rng.chance(0.6) ? rng.pick(polkas).polc : undefined;
  const forged = culprit.propose(message, block, { validRound: polc?.round ?? round - 1 });
  return { ...forged, polc };
}

/** With its prevote, a block for a round that another one leads, in its own or in the leader's name. */
export function usurper(culprit: CulpritAdapter, vote: Vote): readonly Outgoing[] | undefined {
  const { proposals, height } = culprit.seen;
  const { round, validatorIndex: proposerIndex } = vote;
  const isLeader = proposals.some(
    ({ proposal }) => proposal.round === round && proposal.proposerIndex === proposerIndex,
  );
  const model = proposals.at(-1);
  if (isLeader || model === undefined || height !== vote.height) return undefined;
  const fresh = culprit.freshBlock(model, round);
  const isInLeadersName = model.proposal.round === round && culprit.rng.chance(0.5);
  const proposer = isInLeadersName ? model.block.header.proposer : fresh.header.proposer;
  const block = { ...fresh, header: { ...fresh.header, proposer } };
  const bare = { ...model, polc: undefined };
  const proposal = culprit.propose(bare, block, { round, proposerIndex, validRound: -1 });
  return sent({ type: "proposal", proposal }, { type: "vote", vote });
}
