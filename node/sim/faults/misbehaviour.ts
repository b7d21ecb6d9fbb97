// What Byzantine validators make of single messages: blocks that no ledger takes, claims of heights that
// do not exist, answers that were not asked for, and small changes of every field (as in ByzzFuzz).
// Called by Culprit; everything that a key stands behind is signed anew with the culprit's own.

import { encodeFrame, type Message } from "../../src/codec/frames.ts";
import { txRootOf } from "../../src/ledger/apply-block.ts";
import { identify } from "../../src/ledger/validate-transaction.ts";
import { type Block, type BlockHeader, PRECOMMIT, PREVOTE } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import { chainOf, payment } from "../world/chain.ts";
import type { Culprit } from "./culprit.ts";

const MINUTE_MS = 60_000;
/** Above the chain's limit of 100 transactions. */
const TOO_MANY_TXS = 101;

/** A block that is invalid, untimely or not its header's. */
export function badBlock(culprit: Culprit, message: ProposalMessage): ProposalMessage {
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
    () => overfull(block, 1),
    () => overfull(block, TOO_MANY_TXS),
  ]);
  return culprit.propose(message, bad());
}

/** The same spend `times` over, behind a root that matches. */
function overfull(block: Block, times: number): Block {
  // A spend of another chain: its coin does not exist here.
  const tx = payment(chainOf(1), 0, 1);
  const transactions = Array.from({ length: times }, () => tx);
  const txRoot = txRootOf(transactions.map(identify));
  return { ...block, transactions, header: { ...block.header, txRoot } };
}

/** A height that is not there, or blocks that are not the ones; undefined: what the node says. */
export function lie({ rng }: Culprit, message: Message): Uint8Array | undefined {
  if (message.type === "status") {
    const { status } = message;
    const height = rng.pick([2 ** 50, status.height + 5, Math.max(0, status.height - 2), 0]);
    return encodeFrame({ type: "status", status: { ...status, height } });
  }
  if (message.type !== "blocks") return undefined;
  const { requestId, blocks } = message;
  const choice = rng.int(4);
  if (choice === 0) return encodeFrame({ type: "blocks", requestId, blocks: [] });
  if (choice === 1) return encodeFrame({ type: "blocks", requestId: requestId + 1, blocks });
  if (choice === 2) return undefined;
  const forged = blocks.map(({ block, certificate }) => ({
    certificate,
    block: { ...block, header: { ...block.header, stateRoot: block.header.parentHash } },
  }));
  return encodeFrame({ type: "blocks", requestId, blocks: forged });
}

/** One field changed and signed; seldom one byte changed, which costs the link. */
export function garbled(culprit: Culprit, message: Message, frame: Uint8Array): Uint8Array {
  const { rng } = culprit;
  if (rng.chance(0.02)) {
    const bytes = frame.slice();
    bytes[rng.int(bytes.length)] = rng.int(256);
    return bytes;
  }
  const step = (value: number): number => Math.max(0, value + rng.pick([-1, 1, 2]));
  const hash = culprit.seen[rng.int(culprit.seen.length + 1)] ?? new Uint8Array(32).fill(9);
  if (message.type === "vote") {
    const { vote } = message;
    const change = rng.pick<Partial<Vote>>([
      { round: step(vote.round) },
      { height: step(vote.height) },
      { type: vote.type === PREVOTE ? PRECOMMIT : PREVOTE },
      { blockHash: hash },
    ]);
    return culprit.vote(vote, change);
  }
  if (message.type !== "proposal") return frame;
  const { proposal, block } = message.proposal;
  const change = rng.pick([
    { round: step(proposal.round) },
    { height: step(proposal.height) },
    { validRound: proposal.round - 1 },
    { blockHash: hash },
  ]);
  return encodeFrame({
    type: "proposal",
    proposal: culprit.propose(message.proposal, block, change),
  });
}
