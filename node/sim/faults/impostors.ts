// Byzantine validators that speak for others: with votes and proposals in another's name, with bodies that
// are not a leader's, with evidence against whoever they like, and with proof of their own guilt that comes
// when it counts no more. Sent seldom, as whoever finds one out closes the link.

import { newEvidence } from "../../src/codec/evidence.ts";
import { encodeFrame, type Message } from "../../src/codec/frames.ts";
import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { type Block, PREVOTE } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import type { Evidence } from "../../src/types/evidence.ts";
import { chainOf, keyOf, payment } from "../world/chain.ts";
import { type Behaviour, type CulpritAdapter, type Outgoing, sent } from "./culprit.ts";

/** Of the votes on one link. */
const SELDOM = 0.07;
/** Own double votes that a confessor keeps, and how old they are when a late one shows them. */
const MAX_KEPT = 8;
const LATE_HEIGHTS = 4;

/**
 * With its vote, the same one under another's name, a true vote of another's for another block, or a proposal of
 * the leader's that it made itself.
 */
export function impostor(culprit: CulpritAdapter, vote: Vote): readonly Outgoing[] | undefined {
  const { rng, seen, count, index } = culprit;
  if (!rng.chance(SELDOM) || seen.height !== vote.height) return undefined;
  const validatorIndex = (index + 1 + rng.int(count - 1)) % count;
  const model = seen.proposals.findLast(({ proposal }) => proposal.round === vote.round);
  const stolen = rng.chance(0.4) ? misquoted(culprit) : undefined;
  if (stolen !== undefined) return sent({ type: "vote", vote }, { type: "vote", vote: stolen });
  if (model === undefined || rng.chance(0.5)) {
    return sent({ type: "vote", vote }, { type: "vote", vote: { ...vote, validatorIndex } });
  }
  const { header } = model.block;
  const block = { ...model.block, header: { ...header, timestampMs: header.timestampMs + 1 } };
  const { proposerIndex } = model.proposal;
  const proposal = culprit.propose(model, block, { proposerIndex });
  return sent({ type: "vote", vote }, { type: "proposal", proposal });
}

/** Another's vote with its true signature, said to be for another block. */
function misquoted({ rng, seen, index }: CulpritAdapter): Vote | undefined {
  const votes = seen.tallies.flatMap((tally) => [...tally.votes.values()]);
  const others = votes.filter((vote) => vote.validatorIndex !== index);
  if (others.length === 0) return undefined;
  return { ...rng.pick(others), blockHash: seen.anyHash(rng) };
}

/** Passes a leader's proposal on with another body, and answers for a block's body with another one. */
export const swapper: Behaviour = (culprit) => (message) => {
  const { rng, seen } = culprit;
  if (message.type === "blockTxs" && message.transactions.length > 0 && rng.chance(0.5)) {
    return sent({ ...message, transactions: message.transactions.map(() => alienPayment()) });
  }
  if (message.type === "proposal" && message.proposal.proposal.proposerIndex !== culprit.index) {
    return sent({ type: "proposal", proposal: withOtherBody(culprit, message.proposal) });
  }
  if (culprit.ownVote(message)?.type !== PREVOTE) return undefined;
  const known = seen.proposals.at(-1);
  if (known === undefined || !rng.chance(SELDOM)) return undefined;
  const swapped: Message = { type: "proposal", proposal: withOtherBody(culprit, known) };
  // First on its link, and before its own vote: perhaps the leader's own copy is late.
  return sent(swapped, message);
};

function withOtherBody({ rng }: CulpritAdapter, message: ProposalMessage): ProposalMessage {
  const { block } = message;
  const { lastCommit } = block;
  const body = rng.pick<() => Partial<Block>>([
    () => ({ transactions: [...block.transactions, alienPayment()] }),
    () => ({ transactions: block.transactions.slice(1) }),
    () => ({ lastCommit: lastCommit && { ...lastCommit, round: lastCommit.round + 1 } }),
  ])();
  return { ...message, block: { ...block, ...body } };
}

/** A spend of a coin that this chain does not have. */
const alienPayment = () => payment(chainOf(1), { from: 0, to: 1, outputs: 1 });

/** With its vote, evidence against somebody who has done nothing. */
export function accuser(culprit: CulpritAdapter, vote: Vote): readonly Outgoing[] | undefined {
  const { rng, count, index, world } = culprit;
  if (!rng.chance(SELDOM)) return undefined;
  const victim = keyOf(world.chain, (index + 1 + rng.int(count - 1)) % count);
  const height = Math.max(1, vote.height - rng.int(3));
  const evidence = doubleVote(culprit, { ...vote, height }, victim.publicKey);
  return sent({ type: "vote", vote }, { type: "evidence", evidence });
}

/** Signs two votes at a place and shows one; what proves it comes out soon, or heights later. */
export const confessor: Behaviour = (culprit) => {
  const kept: Evidence[] = [];
  const waits = culprit.rng.pick([0, LATE_HEIGHTS]);
  return (message) => {
    const vote = culprit.ownVote(message);
    if (vote === undefined) return undefined;
    const isNew = kept.at(-1)?.height !== vote.height;
    if (isNew) kept.push(doubleVote(culprit, vote, culprit.publicKey));
    if (kept.length > MAX_KEPT) kept.shift();
    const due = kept.filter(({ height }) => height + waits <= vote.height);
    if (due.length === 0 || !culprit.rng.chance(SELDOM)) return undefined;
    const evidence = culprit.rng.pick(due);
    return [message, { type: "evidence", evidence } as const].map((said) => ({
      frame: encodeFrame(said),
      delayMs: 0,
    }));
  };
};

/** Two votes at the place of `vote`, both signed by the culprit, said to be by `publicKey`. */
function doubleVote(culprit: CulpritAdapter, vote: Vote, publicKey: Uint8Array): Evidence {
  const { type, height, round } = vote;
  const statements = [1, 2].map((byte) => {
    const blockHash = new Uint8Array(32).fill(byte);
    const { genesisHash } = culprit.world.chain;
    const signature = culprit.sign(voteSignBytes(genesisHash, { type, height, round, blockHash }));
    return { validRound: -1, blockHash, signature };
  });
  const kind = type === PREVOTE ? "doublePrevote" : "doublePrecommit";
  const [first, second] = statements as [Evidence["first"], Evidence["first"]];
  return newEvidence({ kind, publicKey, height, round }, first, second);
}
