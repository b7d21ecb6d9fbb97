// Byzantine behaviours as adapters around an unmodified node: they change what leaves it and to whom.
// The node's own core keeps believing what it wanted to say. Each holds one key and no guard.

import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { RULES, type Rules } from "../../src/consensus/rules.ts";
import { forgeries, fuzzed, liesOfHeights, runaway } from "./byzantine-noise.ts";
import { badProposal, hiddenBlock, staleProposal, unjustified } from "./byzantine-proposals.ts";
import { delayed, split } from "./byzantine-senders.ts";
import { Tools } from "./byzantine-tools.ts";
import { type Envelope, seal } from "./envelope.ts";
import type { SimNode } from "./sim-node.ts";
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
  "hider",
  "staleProposer",
  "delayer",
  "fuzzer",
  "forger",
  "runaway",
  "liar",
  "plotter",
] as const;
export type ByzantineKind = (typeof BYZANTINE_KINDS)[number];

/** A node that forgets what it locked. */
export const AMNESIA_RULES: Rules = {
  ...RULES,
  lockPermits: () => true,
  lockInNextRound: () => undefined,
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
      return through(() => {});
    case "withholder":
      return through((envelope) => tools.toSome(envelope));
    case "nilVoter":
      return { ...honest, vote: (vote) => honest.vote(tools.revote(vote, ZERO_HASH)) };
    case "doubleVoter":
      return { ...honest, vote: (vote) => tools.toEach(() => tools.anyVote(vote)) };
    case "staleProposer":
      return {
        ...honest,
        proposal: (message) => honest.proposal(staleProposal(tools, message)),
        vote: (vote) => tools.toEach(() => tools.anyVote(vote)),
      };
    case "badProposer":
      return { ...honest, proposal: (message) => badProposal(tools, honest, message) };
    case "hider":
      return { ...honest, proposal: (message) => hiddenBlock(tools, message) };
    case "unjustified":
      return { ...honest, proposal: (message) => honest.proposal(unjustified(tools, message)) };
    case "usurper":
      return { ...honest, round: (height, round) => usurp(tools, honest, { height, round }) };
    case "equivocator":
    case "plotter":
      return split(tools, honest, kind === "plotter" ? world.plot : undefined);
    case "delayer":
      return through((envelope) => delayed(tools, envelope));
    case "fuzzer":
      return fuzzed(tools);
    case "forger":
      return forgeries(tools, honest);
    case "runaway":
      return runaway(tools, honest);
    case "liar":
      return liesOfHeights(tools, honest);
    default:
      throw new Error(`unknown behaviour ${String(kind satisfies never)}`);
  }
}

/** Every message as the node made it, sent in another way. */
const through = (send: (envelope: Envelope) => void): Outbound => ({
  proposal: (proposal) => send(seal({ type: "proposal", proposal })),
  vote: (vote) => send(seal({ type: "vote", vote })),
  certificate: (certificate) => send(seal({ type: "certificate", certificate })),
  roundCertificate: (certificate) => send(seal({ type: "roundCertificate", certificate })),
});

/** Proposes in every round that another one leads. */
function usurp(
  tools: Tools,
  honest: Outbound,
  { height, round }: { readonly height: number; readonly round: number },
): void {
  if (tools.leaderOf(height, round) === tools.node.options.index) return;
  honest.proposal(tools.propose(tools.node.newBlock(round), round, -1));
}
