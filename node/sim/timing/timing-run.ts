// One run of the bench: n nodes, f of them the adversary's, until every honest node has decided the
// heights asked for. Deterministic by its options. Called by view-change.ts and round-zero.ts.

import type { HeightContext } from "../../src/consensus/api.ts";
import { leaderOf } from "../../src/consensus/proposer.ts";
import { faultyPower } from "../../src/crypto/certificate.ts";
import type { CertifiedBlock } from "../../src/types/chain.ts";
import { newValidators } from "../world/keyring.ts";
import { newRng, type Rng } from "../world/rng.ts";
import { Collusion, type ProposalOf } from "./collusion.ts";
import { IdealBlocks } from "./ideal-blocks.ts";
import { IdealNetwork } from "./ideal-network.ts";
import { LeaderSchedule } from "./leader-schedule.ts";
import { MeasuredLinks } from "./measured-links.ts";
import { type Message, type NodeWorld, TimingNode } from "./timing-node.ts";
import type { TimingOptions } from "./timing-options.ts";
import { type ViewChange, ViewChangeClock } from "./view-change-clock.ts";

/** A height that takes longer than this many timeouts is a stuck run. */
const STUCK_TIMEOUTS = 200;

export interface HeightTiming {
  /** Round of the commit certificate of the first honest node that decided. */
  readonly decidedRound: number;
  /** Highest round an honest node entered. */
  readonly lastRound: number;
  /** First honest node begins the height to last honest node decides it. */
  readonly tookMs: number;
}

export interface LedViewChange extends ViewChange {
  /** The leader of the failed round is one of the adversary's. */
  readonly ledByCulprit: boolean;
}

export interface TimingReport {
  readonly viewChanges: readonly LedViewChange[];
  readonly heights: readonly HeightTiming[];
}

/** @throws Error where the nodes stop deciding: that is a finding, not a figure. */
export const timeHeights = (options: TimingOptions): TimingReport => new TimingRun(options).run();

class TimingRun implements NodeWorld {
  readonly options: TimingOptions;
  readonly blocks: IdealBlocks;
  private readonly validators;
  private readonly leaders: LeaderSchedule;
  private readonly network: IdealNetwork;
  private readonly clock: ViewChangeClock;
  private readonly nodes: readonly TimingNode[];
  private readonly honest: readonly TimingNode[];
  private readonly colluding: ReadonlySet<number>;
  private readonly silent: ReadonlySet<number>;
  private readonly collusion: Collusion;
  /** By node, as production runs; empty otherwise. */
  private readonly links: readonly MeasuredLinks[];
  /** By node: the round it is in, at its height. */
  private readonly roundOf: number[];
  /** By height: honest nodes that have decided it. */
  private readonly decisions: number[] = [];
  private decisionCount = 0;
  private readonly decidedRounds: number[] = [];
  private readonly decidedMs: number[] = [];

  constructor(options: TimingOptions) {
    this.options = options;
    const { nodes: count, seed, delayMs } = options;
    const rng = newRng(seed);
    this.validators = newValidators(count);
    this.blocks = new IdealBlocks(this.validators);
    const order = shuffled(count, rng);
    this.leaders = new LeaderSchedule(this.validators, order, options.asProduction);
    const culprits = culpritsOf(options, order, rng);
    const equivocators = options.adversary === "mixed" ? odd(culprits) : culprits;
    this.colluding = new Set(
      options.adversary === "none" || options.adversary === "silent" ? [] : equivocators,
    );
    this.silent = new Set(culprits.filter((index) => !this.colluding.has(index)));
    this.network = new IdealNetwork(delayMs, rng);
    this.clock = new ViewChangeClock(count);
    this.collusion = new Collusion(rng, halvesOf(count, culprits), (first) => this.rival(first));
    this.roundOf = Array<number>(count).fill(-1);
    this.nodes = Array.from({ length: count }, (_, index) => new TimingNode(index, this));
    this.links = options.asProduction ? this.measureLinks() : [];
    this.honest = this.nodes.filter(({ index }) => !culprits.includes(index));
  }

  run(): TimingReport {
    const { heights, params, seed } = this.options;
    for (const node of this.nodes) if (!this.silent.has(node.index)) node.start();
    let lastDecisions = 0;
    let progressMs = 0;
    while ((this.decisions[heights] ?? 0) < this.honest.length) {
      if (!this.network.advance()) throw new Error(`seed ${seed}: the event queue drained`);
      if (this.decisionCount > lastDecisions) {
        lastDecisions = this.decisionCount;
        progressMs = this.network.nowMs;
      } else if (this.network.nowMs - progressMs > STUCK_TIMEOUTS * params.maxTimeoutMs) {
        throw new Error(`seed ${seed}: nobody decides any more`);
      }
    }
    return { viewChanges: this.ledViewChanges(), heights: this.heightTimings() };
  }

  wallClockMs(): number {
    return this.network.wallClockMs();
  }

  after(delayMs: number, run: () => void): void {
    this.network.after(delayMs, run);
  }

  broadcast(from: number, message: Message): void {
    const isCulprit = this.colluding.has(from);
    for (const node of this.nodes) {
      if (node.index === from || this.silent.has(node.index)) continue;
      const sent = isCulprit ? this.collusion.toEach(message, node.index) : message;
      if (sent !== undefined) this.network.send(() => node.receive(sent));
    }
  }

  /** Honest nodes that have decided the height answer with its block. */
  fetch(from: number, height: number): void {
    const asker = this.nodes[from];
    for (const node of this.honest) {
      if (node.index === from || asker === undefined) continue;
      this.network.send(() => {
        const certified = node.chain[height - 1];
        if (certified === undefined) return;
        const blockHash = this.blocks.hexOf(certified.certificate.blockHash);
        this.network.send(() => {
          if (asker.height === height) {
            asker.feed({ type: "certifiedBlock", certified, blockHash });
          }
        });
      });
    }
  }

  contextOf(node: TimingNode): HeightContext {
    this.roundOf[node.index] = -1;
    const { timeoutProposeMs: proposeMs, timeoutVoteMs: voteMs } = this.options.params;
    const timeouts = this.links[node.index]?.timeouts({ proposeMs, voteMs });
    return {
      ...(timeouts === undefined ? {} : { timeouts }),
      height: node.height,
      validators: this.validators,
      leaderOrder: this.leaders.of(node.height),
      self: node.index,
      parentTimestampMs: node.head?.block.header.timestampMs ?? 0,
    };
  }

  entered(node: TimingNode, round: number): void {
    const from = this.roundOf[node.index] ?? -1;
    this.roundOf[node.index] = round;
    if (this.colluding.has(node.index)) return;
    this.clock.entered(node.height, from, round, this.network.nowMs);
  }

  decided(node: TimingNode, { certificate }: CertifiedBlock): void {
    if (this.colluding.has(node.index)) return;
    this.decisionCount++;
    this.decisions[certificate.height] = (this.decisions[certificate.height] ?? 0) + 1;
    if (this.decidedRounds[certificate.height] === undefined) {
      this.decidedRounds[certificate.height] = certificate.round;
      this.leaders.decided(certificate.height, certificate.round);
    }
    this.decidedMs[certificate.height] = this.network.nowMs;
  }

  private ledViewChanges(): LedViewChange[] {
    const { leaders, colluding, silent } = this;
    return this.clock.viewChanges(this.options.heights).map((change) => {
      const { height, round } = change;
      const leader = leaderOf({ height, leaderOrder: leaders.of(height) }, round);
      return { ...change, ledByCulprit: colluding.has(leader) || silent.has(leader) };
    });
  }

  private measureLinks(): readonly MeasuredLinks[] {
    const { network, validators, silent } = this;
    const answering = this.nodes.map(({ index }) => index).filter((index) => !silent.has(index));
    const roundTripMs = () => network.linkMs() + network.linkMs();
    return this.nodes.map(
      ({ index }) => new MeasuredLinks(validators, index, answering, roundTripMs),
    );
  }

  private heightTimings(): HeightTiming[] {
    return Array.from({ length: this.options.heights }, (_, i) => ({
      decidedRound: this.decidedRounds[i + 1] ?? -1,
      lastRound: this.clock.lastRound(i + 1),
      tookMs: (this.decidedMs[i + 1] ?? 0) - this.clock.startedMs(i + 1),
    }));
  }

  /** A second proposal of the same leader for the same place. */
  private rival({ message: { proposal } }: ProposalOf): ProposalOf {
    const { proposerIndex, round } = proposal;
    const parent = this.nodes[proposerIndex]?.head;
    const nowMs = this.wallClockMs();
    const { block, hash } = this.blocks.build({ parent, round, proposerIndex, nowMs });
    return {
      type: "proposal",
      message: {
        proposal: { ...proposal, blockHash: hash, validRound: -1 },
        block,
        polc: undefined,
      },
    };
  }
}

/** The order of leaders: a permutation drawn by the seed. */
function shuffled(count: number, rng: Rng): readonly number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let i = count - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    const [a, b] = [order[i] ?? i, order[j] ?? j];
    order[i] = b;
    order[j] = a;
  }
  return order;
}

function culpritsOf(
  { adversary, nodes, placement }: TimingOptions,
  leaderOrder: readonly number[],
  rng: Rng,
): readonly number[] {
  if (adversary === "none") return [];
  const from = placement === "row" ? leaderOrder : shuffled(nodes, rng);
  return from.slice(0, faultyPower(nodes));
}

const odd = (indices: readonly number[]): readonly number[] =>
  indices.filter((_, place) => place % 2 === 1 || indices.length === 1);

/** The honest nodes in two halves, the larger one first; culprits take part where they hear. */
function halvesOf(count: number, culprits: readonly number[]): readonly number[] {
  let honest = 0;
  return Array.from({ length: count }, (_, index) =>
    culprits.includes(index) ? index % 2 : honest++ % 2,
  );
}
