// Behaviours that lie in who hears what and when: two blocks to two sides, alone or as a plot that all
// culprits share, and messages held until just before the receiver gives up.

import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import type { Rng } from "../world/rng.ts";
import type { Tools } from "./byzantine-tools.ts";
import { type Envelope, seal } from "./envelope.ts";
import type { Outbound } from "./world.ts";

/** What the culprits of a split have agreed on: the two blocks of a round, and who sees which. */
export class Plot {
  /** Receivers below it, counted from a start that moves with the height, see the first block. */
  private readonly firstSide: number;
  private readonly processes: number;
  private readonly pairs = new Map<string, readonly [Uint8Array, Uint8Array]>();

  /** Halves, or a quorum less the culprits against the rest. */
  constructor(processes: number, faulty: number, rng: Rng) {
    this.processes = processes;
    const quorum = Math.floor((2 * processes) / 3) + 1;
    this.firstSide = rng.chance(0.5) ? Math.ceil(processes / 2) : Math.max(1, quorum - faulty);
  }

  isFirst(to: number, height: number): boolean {
    return (to + height) % this.processes < this.firstSide;
  }

  agree(height: number, round: number, pair: readonly [Uint8Array, Uint8Array]): void {
    this.pairs.set(`${height}/${round}`, pair);
  }

  pairOf(height: number, round: number): readonly [Uint8Array, Uint8Array] | undefined {
    return this.pairs.get(`${height}/${round}`);
  }
}

/** Two blocks a round, each to its side, and each side is voted with. */
export function split(tools: Tools, honest: Outbound, shared: Plot | undefined): Outbound {
  const { world } = tools;
  const plot = shared ?? new Plot(world.processes, 1, world.rng);
  const bySide = (height: number, first: Envelope, second: Envelope) =>
    tools.toEach((to) => (plot.isFirst(to, height) ? first : second));
  return {
    ...honest,
    proposal: (message: ProposalMessage) => {
      const { height, round, blockHash } = message.proposal;
      const other = tools.propose(tools.node.newBlock(round), round, -1);
      plot.agree(height, round, [blockHash, other.proposal.blockHash]);
      const first = seal({ type: "proposal", proposal: message });
      bySide(height, first, seal({ type: "proposal", proposal: other }));
    },
    vote: (vote: Vote) => {
      const pair = plot.pairOf(vote.height, vote.round);
      if (pair === undefined) return honest.vote(vote);
      const [first, second] = pair.map((hash) =>
        seal({ type: "vote", vote: tools.revote(vote, hash) }),
      );
      if (first !== undefined && second !== undefined) bySide(vote.height, first, second);
    },
  };
}

/** Held so that it arrives one millisecond before the receiver's next timeout fires. */
export function delayed(tools: Tools, envelope: Envelope): void {
  const { world, node } = tools;
  const { process } = node.options;
  for (let to = 0; to < world.processes; to++) {
    if (to !== process) world.sendLate(process, to, envelope);
  }
}
