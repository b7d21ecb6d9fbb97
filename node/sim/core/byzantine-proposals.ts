// What a Byzantine leader may put into a proposal: blocks that no ledger accepts, wrong times, rounds
// and parents, blocks that few are shown, values that once had a polka, and values that never had one.

import { equalBytes } from "../../src/codec/bytes.ts";
import { quorumCertificate } from "../../src/consensus/tally.ts";
import { quorumPower } from "../../src/crypto/certificate.ts";
import type { Block, BlockHeader } from "../../src/types/chain.ts";
import type { ProposalMessage } from "../../src/types/consensus.ts";
import { MAX_FRAME_BYTES } from "../../src/types/limits.ts";
import { overfill, spoil } from "../timing/sim-block.ts";
import type { Tools } from "./byzantine-tools.ts";
import { type Envelope, envelop, seal } from "./envelope.ts";
import type { Outbound } from "./world.ts";

const PROPOSAL_FRAME = 0x10;
let oversized: Envelope | undefined;

/** A proposal frame above the limit: refused by its size alone, before anything is decoded. */
function oversizedFrame(): Envelope {
  if (oversized === undefined) {
    const frame = new Uint8Array(MAX_FRAME_BYTES + 1);
    frame[0] = PROPOSAL_FRAME;
    oversized = envelop(frame);
  }
  return oversized;
}

/** A block that the ledger refuses, a wrong time, parent or round, too many bytes. */
export function badProposal(tools: Tools, honest: Outbound, message: ProposalMessage): void {
  const { node, world } = tools;
  const { round, validRound } = message.proposal;
  const block = node.newBlock(round);
  const { header } = block;
  const { timestampMs } = header;
  const other = (changed: Partial<BlockHeader>): Block => ({
    ...block,
    header: { ...header, ...changed },
  });
  const bad = [
    spoil(block),
    overfill(block),
    other({ timestampMs: timestampMs + 60_000 }),
    other({ timestampMs: Math.max(0, timestampMs - 60_000) }),
    other({ round: round + 1 }),
    other({ parentHash: tools.anyHash() }),
  ];
  const chosen = bad[world.rng.int(bad.length + 1)];
  if (chosen === undefined) tools.toEach(oversizedFrame);
  else honest.proposal(tools.propose(chosen, round, validRound));
}

/** The block goes to as few as a quorum needs beside the culprits; its votes go to all. */
export function hiddenBlock(tools: Tools, message: ProposalMessage): void {
  const envelope = seal({ type: "proposal", proposal: message });
  let shown = 2 * quorumPower(tools.world.validators.length) - tools.world.validators.length;
  const start = tools.world.rng.int(tools.world.processes);
  const { processes } = tools.world;
  tools.toEach((to) => ((to + start) % processes < shown && shown-- > 0 ? envelope : undefined));
}

/** Proposes again what once had a polka, however long ago, with its true PoLC. */
export function staleProposal(tools: Tools, message: ProposalMessage): ProposalMessage {
  const { rounds, candidates } = tools.node.state;
  const { round } = message.proposal;
  const choices = [...rounds.values()].flatMap(({ round: seen, prevotes }) => {
    const value = seen < round ? prevotes.quorum : undefined;
    const held = candidates.find(({ hash }) => value !== undefined && equalBytes(hash, value.hash));
    if (value === undefined || held === undefined) return [];
    const proposal = tools.propose(held.block, round, seen);
    return [{ ...proposal, polc: quorumCertificate(prevotes, value) }];
  });
  return choices.length === 0 ? message : tools.world.rng.pick(choices);
}

/** A new block that claims a PoLC of the round before, without one or with another block's. */
export function unjustified(tools: Tools, message: ProposalMessage): ProposalMessage {
  const { round } = message.proposal;
  if (round === 0) return message;
  const fresh = tools.node.newBlock(round);
  const header = { ...fresh.header, round: 0, proposer: tools.keyOfLeader(0) };
  const forged = tools.propose({ ...fresh, header }, round, round - 1);
  return tools.world.rng.chance(0.5) ? forged : { ...forged, polc: message.polc };
}
