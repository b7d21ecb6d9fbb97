// What each kind of Byzantine validator makes of the messages of its node. One row a kind; the longer ones
// stand in modules of their own. Undefined: the frame goes out as it is.

import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { encodeFrame, type Message } from "../../src/codec/frames.ts";
import { isNil } from "../../src/consensus/tally.ts";
import { PREVOTE, type VoteType } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import { certifier, forger } from "./bad-certificates.ts";
import { badBlock, stale, unjustified, usurper } from "./bad-proposals.ts";
import { type Behaviour, type CulpritAdapter, type Outgoing, sent } from "./culprit.ts";
import type { CulpritKind } from "./culprit-kinds.ts";
import { accuser, confessor, impostor, swapper } from "./impostors.ts";
import { fuzzed, liar } from "./noise.ts";
import { Plot, splitting } from "./plot.ts";

const NOTHING: readonly Outgoing[] = [];
/** Arrives this long before the receiver gives up. */
const JUST_BEFORE_MS = 2;
/** Votes of a quitter. */
const QUITS_WITHIN = 20;
const ONES_HASH = new Uint8Array(32).fill(1);

/** What is no part of consensus. */
const OTHER: ReadonlySet<Message["type"]> = new Set<Message["type"]>([
  "status",
  "getBlocks",
  "blocks",
  "txIds",
  "getTxs",
  "txs",
  "ping",
  "pong",
  "peers",
]);
const isConsensus = ({ type }: Message): boolean => !OTHER.has(type);

const asItIs: Behaviour = () => () => undefined;

/** Other votes only: what it passes on for others goes out as it is. */
const votes =
  (change: (culprit: CulpritAdapter, vote: Vote) => readonly Outgoing[] | undefined): Behaviour =>
  (culprit) =>
  (message) => {
    const vote = culprit.ownVote(message);
    return vote === undefined ? undefined : change(culprit, vote);
  };

/** The vote itself, nil, one for any block of this height, or none. */
function anyVote(culprit: CulpritAdapter, vote: Vote): readonly Outgoing[] | undefined {
  const { hashes } = culprit.seen;
  const choice = culprit.rng.int(hashes.length + 3);
  if (choice === 0) return NOTHING;
  if (choice === 1) return undefined;
  const blockHash = hashes[choice - 3] ?? ZERO_HASH;
  return sent({ type: "vote", vote: culprit.vote(vote, { blockHash }) });
}

/** With its vote, one for a round that nobody has reached, to pull others after it. */
function runaway(culprit: CulpritAdapter, vote: Vote): readonly Outgoing[] | undefined {
  if (culprit.rng.chance(0.5)) return undefined;
  const round = vote.round + culprit.rng.pick([1, 2, 3, 10, 1_000]);
  const type = culprit.rng.pick<VoteType>([1, 2]);
  const far = culprit.vote(vote, { round, type });
  return sent({ type: "vote", vote }, { type: "vote", vote: far });
}

/** The block goes to as few as a quorum needs beside the culprits; its votes go to all. */
const hider: Behaviour = (culprit) => (message, to) => {
  const own = culprit.ownProposal(message);
  if (own === undefined) return undefined;
  const { quorum, count } = culprit;
  const { height } = own.proposal;
  const place = (to.index + height) % count;
  return place < 2 * quorum - count + 1 ? undefined : NOTHING;
};

/** Says nothing any more from one of its first votes on: a validator that stops for good. */
const quitter: Behaviour = (culprit) => {
  const votesLeft = culprit.rng.int(QUITS_WITHIN);
  const said = new Set<Vote>();
  return (message) => {
    const vote = culprit.ownVote(message);
    if (vote !== undefined) said.add(vote);
    return said.size > votesLeft && isConsensus(message) ? NOTHING : undefined;
  };
};

/** Contradicts its last vote of a height once that is decided. */
const lateVoter: Behaviour = (culprit) => {
  let last: Vote | undefined;
  let before: Vote | undefined;
  return (message) => {
    const vote = culprit.ownVote(message);
    if (vote === undefined) return undefined;
    if (last !== undefined && last.height < vote.height) before = last;
    last = vote;
    if (before === undefined) return undefined;
    const blockHash = isNil(before.blockHash) ? ONES_HASH : ZERO_HASH;
    return sent(message, { type: "vote", vote: culprit.vote(before, { blockHash }) });
  };
};

const delayer: Behaviour = (culprit) => (message, to) => {
  if (!isConsensus(message)) return undefined;
  const delayMs = Math.max(0, culprit.world.dueMs(to.index) - JUST_BEFORE_MS);
  return [{ frame: encodeFrame(message), delayMs }];
};

/** Other proposals only, where they are whole. */
const proposals =
  (
    change: (culprit: CulpritAdapter, message: ProposalMessage) => ProposalMessage | undefined,
  ): Behaviour =>
  (culprit) =>
  (message) => {
    const own = message.type === "proposal" ? culprit.ownProposal(message) : undefined;
    const proposal = own === undefined ? undefined : change(culprit, own);
    return proposal === undefined ? undefined : sent({ type: "proposal", proposal });
  };

const staleProposer: Behaviour = (culprit) => {
  const [vote, propose] = [votes(anyVote)(culprit), proposals(stale)(culprit)];
  return (message, to) => (message.type === "vote" ? vote(message, to) : propose(message, to));
};

/** Old values as a staleProposer proposes them, and votes as they are. */
const reviver: Behaviour = proposals((culprit, own) => {
  const old = stale(culprit, own);
  return old === own ? undefined : old;
});

/** Of some proposals mostly one bad block for all, so that it could be decided; sometimes another one for each. */
const badProposer: Behaviour = (culprit) => {
  const made = new WeakMap<ProposalMessage, ProposalMessage>();
  const spared = new WeakSet<ProposalMessage>();
  return proposals((_, own) => {
    const isFirst = !made.has(own) && !spared.has(own);
    if (isFirst && culprit.rng.chance(0.4)) spared.add(own);
    if (spared.has(own)) return undefined;
    const bad = culprit.rng.chance(0.7) ? made.get(own) : undefined;
    const proposal = bad ?? badBlock(culprit, own);
    made.set(own, proposal);
    return proposal;
  })(culprit);
};

export const BEHAVIOURS: Readonly<Record<CulpritKind, Behaviour>> = {
  silent: () => (message) => (isConsensus(message) ? NOTHING : undefined),
  quitter,
  withholder: (culprit) => (message) =>
    isConsensus(message) && culprit.rng.chance(0.5) ? NOTHING : undefined,
  hider,
  nilVoter: votes((culprit, vote) =>
    sent({ type: "vote", vote: culprit.vote(vote, { blockHash: ZERO_HASH }) }),
  ),
  doubleVoter: votes(anyVote),
  lateVoter,
  equivocator: (culprit) =>
    splitting(culprit, new Plot(culprit.count, [culprit.index], culprit.rng)),
  plotter: (culprit) => splitting(culprit, culprit.world.plot),
  staleProposer,
  reviver,
  badProposer,
  unjustified: proposals((culprit, message) =>
    message.proposal.round === 0 ? undefined : unjustified(culprit, message),
  ),
  usurper: votes((culprit, vote) => (vote.type === PREVOTE ? usurper(culprit, vote) : undefined)),
  delayer,
  fuzzer: fuzzed,
  forger: votes(forger),
  certifier,
  runaway: votes(runaway),
  liar,
  impostor: votes(impostor),
  swapper,
  accuser: votes(accuser),
  confessor,
  twins: asItIs,
  amnesia: asItIs,
};
