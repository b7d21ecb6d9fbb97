// Byzantine behaviours as adapters around an unmodified node: they change what leaves it and to whom.
// The node's own core keeps believing what it wanted to say. Each holds one key and no guard.

import { equalBytes, ZERO_HASH } from "../src/codec/bytes.ts";
import { proposalSignBytes } from "../src/codec/sign-bytes.ts";
import { leaderOf } from "../src/consensus/proposer.ts";
import { RULES, type Rules } from "../src/consensus/rules.ts";
import { quorumCertificate } from "../src/consensus/tally.ts";
import { blockHashOf } from "../src/crypto/ids.ts";
import type { Block, BlockHeader, Certificate } from "../src/types/chain.ts";
import type { Proposal, ProposalMessage, RoundCertificate, Vote } from "../src/types/consensus.ts";
import { type Envelope, seal } from "./envelope.ts";
import { fakeSign, SIM_GENESIS_HASH } from "./keyring.ts";
import { spoil } from "./sim-block.ts";
import type { SimNode } from "./sim-node.ts";
import { voteBytes } from "./vote-bytes.ts";
import type { Outbound, World } from "./world.ts";

export const BYZANTINE_KINDS = [
  "silent",
  "equivocator",
  "doubleVoter",
  "nilVoter",
  "amnesia",
  "twins",
  "badProposer",
  "unjustified",
  "usurper",
  "withholder",
  "staleProposer",
] as const;
export type ByzantineKind = (typeof BYZANTINE_KINDS)[number];

/** A node that forgets what it locked. */
export const AMNESIA_RULES: Rules = {
  ...RULES,
  lockPermits: () => true,
  lockInNextRound: () => undefined,
};

const SILENCE: Outbound = {
  proposal: () => {},
  vote: () => {},
  certificate: () => {},
  roundCertificate: () => {},
};

/** Wraps the node's outbound side; kinds that only need rules or a second process keep it. */
export function corrupt(kind: ByzantineKind, node: SimNode, world: World): Outbound {
  const tools = new Tools(node, world);
  const honest = node.outbound;
  switch (kind) {
    case "amnesia":
    case "twins":
      return honest;
    case "silent":
      return SILENCE;
    case "nilVoter":
      return { ...honest, vote: (vote) => honest.vote(tools.revote(vote, ZERO_HASH)) };
    case "staleProposer":
      return {
        ...honest,
        proposal: (message) => honest.proposal(staleProposal(tools, message)),
        vote: (vote) => tools.toEach(() => tools.anyVote(vote)),
      };
    case "withholder":
      return withholder(tools);
    case "equivocator":
      return equivocator(tools, honest);
    case "doubleVoter":
      return { ...honest, vote: (vote) => tools.toEach(() => tools.anyVote(vote)) };
    case "badProposer":
      return { ...honest, proposal: (message) => honest.proposal(badProposal(tools, message)) };
    case "unjustified":
      return { ...honest, proposal: (message) => honest.proposal(unjustified(tools, message)) };
    case "usurper":
      return { ...honest, round: (height, round) => usurp(tools, honest, { height, round }) };
    default:
      throw new Error(`unknown behaviour ${String(kind satisfies never)}`);
  }
}

class Tools {
  readonly node: SimNode;
  readonly world: World;

  constructor(node: SimNode, world: World) {
    this.node = node;
    this.world = world;
  }

  /** The same vote for another value, signed. */
  revote(vote: Vote, blockHash: Uint8Array): Vote {
    const changed = { ...vote, blockHash };
    this.world.checks.votes(changed);
    return { ...changed, signature: this.sign(voteBytes(changed)) };
  }

  /** A signed proposal, without a PoLC beside it. */
  propose(block: Block, round: number, validRound: number): ProposalMessage {
    const proposal: Omit<Proposal, "signature"> = {
      height: block.header.height,
      round,
      validRound,
      blockHash: blockHashOf(block.header),
      proposerIndex: this.node.options.index,
    };
    const signature = this.sign(proposalSignBytes(SIM_GENESIS_HASH, proposal));
    return { proposal: { ...proposal, signature }, block, polc: undefined };
  }

  /** The vote itself, nil, or a vote for any block of this height; or nothing. */
  anyVote(vote: Vote): Envelope | undefined {
    const { rng } = this.world;
    const { candidates } = this.node.state;
    const choice = rng.int(candidates.length + 3);
    if (choice === 0) return undefined;
    if (choice === 1) return seal({ type: "vote", vote });
    const blockHash = candidates[choice - 3]?.hash ?? ZERO_HASH;
    return seal({ type: "vote", vote: this.revote(vote, blockHash) });
  }

  /** Sends to each other process what `make` gives for it. */
  toEach(make: (to: number) => Envelope | undefined): void {
    const { process } = this.node.options;
    for (let to = 0; to < this.world.processes; to++) {
      const envelope = to === process ? undefined : make(to);
      if (envelope !== undefined) this.world.send(process, to, envelope);
    }
  }

  private sign(message: Uint8Array): Uint8Array {
    return fakeSign(message, this.node.options.signer.publicKey);
  }
}

/** Every message reaches about half of the others. */
function withholder(tools: Tools): Outbound {
  const some = (envelope: Envelope) =>
    tools.toEach(() => (tools.world.rng.chance(0.5) ? envelope : undefined));
  return {
    proposal: (proposal) => some(seal({ type: "proposal", proposal })),
    vote: (vote) => some(seal({ type: "vote", vote })),
    certificate: (certificate: Certificate) => some(seal({ type: "certificate", certificate })),
    roundCertificate: (certificate: RoundCertificate) =>
      some(seal({ type: "roundCertificate", certificate })),
  };
}

/** Two blocks a round, each to one half, and each half is voted with. */
function equivocator(tools: Tools, honest: Outbound): Outbound {
  const others = new Map<number, Uint8Array>();
  let height = 0;
  const isFirstHalf = (to: number) => (to + height) % 2 === 0;
  return {
    ...honest,
    proposal: (message) => {
      if (message.proposal.height !== height) others.clear();
      height = message.proposal.height;
      const { round } = message.proposal;
      const other = tools.propose(tools.node.newBlock(round), round, -1);
      others.set(round, other.proposal.blockHash);
      const first = seal({ type: "proposal", proposal: message });
      const second = seal({ type: "proposal", proposal: other });
      tools.toEach((to) => (isFirstHalf(to) ? first : second));
    },
    vote: (vote) => {
      const other = vote.height === height ? others.get(vote.round) : undefined;
      const first = seal({ type: "vote", vote });
      const second =
        other === undefined ? first : seal({ type: "vote", vote: tools.revote(vote, other) });
      tools.toEach((to) => (isFirstHalf(to) ? first : second));
    },
  };
}

/** A block that the ledger refuses, a wrong time, or a header of another round. */
function badProposal(tools: Tools, message: ProposalMessage): ProposalMessage {
  const { node, world } = tools;
  const { round, validRound } = message.proposal;
  const block = node.newBlock(round);
  const { header } = block;
  const { timestampMs } = header;
  const other = (changed: Partial<BlockHeader>) => ({
    ...block,
    header: { ...header, ...changed },
  });
  const bad = world.rng.pick([
    spoil(block),
    other({ timestampMs: timestampMs + 60_000 }),
    other({ timestampMs: Math.max(0, timestampMs - 60_000) }),
    other({ round: round + 1 }),
  ]);
  return tools.propose(bad, round, validRound);
}

/** Proposes again what once had a polka, however long ago, with its true PoLC. */
function staleProposal(tools: Tools, message: ProposalMessage): ProposalMessage {
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
function unjustified(tools: Tools, message: ProposalMessage): ProposalMessage {
  const { round } = message.proposal;
  if (round === 0) return message;
  const fresh = tools.node.newBlock(round);
  const block = {
    ...fresh,
    header: { ...fresh.header, round: 0, proposer: keyOfLeader(tools, 0) },
  };
  const forged = tools.propose(block, round, round - 1);
  return tools.world.rng.chance(0.5) ? forged : { ...forged, polc: message.polc };
}

function keyOfLeader({ node, world }: Tools, round: number): Uint8Array {
  const { leaderOrder } = world;
  const leader = leaderOf({ height: node.height, leaderOrder }, round);
  return world.validators[leader]?.publicKey ?? ZERO_HASH;
}

/** Proposes in every round that another one leads. */
function usurp(
  tools: Tools,
  honest: Outbound,
  { height, round }: { readonly height: number; readonly round: number },
): void {
  const { leaderOrder } = tools.world;
  if (leaderOf({ height, leaderOrder }, round) === tools.node.options.index) return;
  honest.proposal(tools.propose(tools.node.newBlock(round), round, -1));
}
