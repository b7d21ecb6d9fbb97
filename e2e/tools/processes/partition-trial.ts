// The trial of partitions: real daemons whose links are cut in one shape after the other, each silently (as by a
// firewall that drops) and with closed connections, and healed. For each cut it says how soon those that had stood
// still commit a new block, and how soon all links stand. At the end all blocks of all members are compared. Used
// by the benchmark net.partition.

import { setTimeout as sleep } from "node:timers/promises";
import type { NodeStatus } from "@timecoin/node/status";
import { waitFor } from "../wait-for.ts";
import { type CutWay, groups, oneWay, ring } from "./cuts.ts";
import { CuttableLinks } from "./cuttable-links.ts";
import { LocalNetwork } from "./local-network.ts";
import { type Commit, commitsOf } from "./round-log.ts";

const MEMBERS = 7;
const SETTLED_HEIGHT = 5;
const INTERVAL_MS = 500;
const START_MS = 120_000;
const WAIT_MS = 60_000;
const POLL_MS = 200;
/** Links count as back when all of them have stood for so long. */
const STEADY_MS = 5_000;
const CUT_MS = 20_000;
const FLAPS = 6;
const FLAP_CUT_MS = 3_000;
const FLAP_HEALED_MS = 1_000;
/** The daemons' own defaults: consensus.timeoutGrowth and consensus.maxTimeoutMs. */
const TIMEOUT_GROWTH = 1.2;
const MAX_TIMEOUT_MS = 10_000;

interface Phase {
  readonly cutMs: number;
  readonly healedMs: number;
}

interface Shape {
  readonly name: string;
  readonly cuts: readonly CutWay[];
  readonly isClosed: boolean;
  /** Each cut of the shape, one after the other; the last one is healed for good. */
  readonly phases: readonly Phase[];
}

const LONG: readonly Phase[] = [{ cutMs: CUT_MS, healedMs: 0 }];
const FLAPPING: readonly Phase[] = Array.from({ length: FLAPS }, () => ({
  cutMs: FLAP_CUT_MS,
  healedMs: FLAP_HEALED_MS,
}));

/** Silent and with closed links. */
const both = (name: string, cuts: readonly CutWay[], phases = LONG): readonly Shape[] => [
  { name: `${name}, silent`, cuts, phases, isClosed: false },
  { name: `${name}, closed`, cuts, phases, isClosed: true },
];

/** Of seven, 2 | 5 leaves a quorum on one side, 3 | 4 leaves none. */
const SHAPES: readonly Shape[] = [
  ...both("33/67 (2 | 5)", groups(MEMBERS, 2)),
  ...both("50/50 (3 | 4)", groups(MEMBERS, 3)),
  { name: "one-way (3 unheard)", cuts: oneWay(MEMBERS, 3), phases: LONG, isClosed: false },
  ...both("ring", ring(MEMBERS)),
  ...both("flapping (3 | 4)", groups(MEMBERS, 3), FLAPPING),
];

export interface CutReport {
  readonly cut: string;
  /** Blocks that were committed somewhere while it was cut. */
  readonly blocks: number;
  /** Of the pairs of members, those without a link when it was healed. */
  readonly pairsApart: number;
  /** Members that had committed nothing in the second half of the last cut. */
  readonly stoodStill: number;
  /** From the healing to a new block at the member that was slowest by its bound; undefined where none stood still. */
  readonly progressMs: number | undefined;
  /** Twice T_propose + T_prevote + T_precommit of the round in which that member stood. */
  readonly boundMs: number | undefined;
  readonly round: number | undefined;
  /** From the healing to the last moment without one of the links. */
  readonly linksMs: number;
}

export interface PartitionReport {
  readonly members: number;
  readonly heights: number;
  readonly forks: readonly number[];
  readonly cuts: readonly CutReport[];
}

/** @param share of the time of each cut. */
export async function partitionTrial(
  entry: string,
  share: number,
  say: (line: string) => void,
): Promise<PartitionReport> {
  const parameters = { emptyBlockIntervalMs: INTERVAL_MS };
  const network = await LocalNetwork.create(MEMBERS, parameters, { entry });
  const links = await CuttableLinks.open(network);
  try {
    network.startAll();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(SETTLED_HEIGHT, START_MS)));
    const trial = new Trial(network, links);
    await trial.linksSteady();
    const cuts: CutReport[] = [];
    for (const shape of SHAPES) {
      const report = await trial.run(shape, share);
      say(inWords(report));
      cuts.push(report);
    }
    const heights = Math.min(...(await trial.statuses()).map(({ height }) => height));
    return { members: MEMBERS, heights, forks: await network.forks(heights), cuts };
  } finally {
    await network.remove();
    await links.close();
  }
}

export function inWords(report: CutReport): string {
  const { cut, blocks, pairsApart, stoodStill, progressMs, boundMs, round, linksMs } = report;
  const progress =
    progressMs === undefined
      ? "nobody stood still"
      : `${stoodStill} stood still, a new block after ${progressMs} ms (2 timeouts of round ${round}: ${boundMs} ms)`;
  return `${cut}: ${blocks} blocks meanwhile, ${pairsApart} pairs without a link; ${progress}, all links after ${linksMs} ms`;
}

/** Twice the time that a whole round has, in the round where this member stands. */
function twoTimeoutsMs({ round, timeouts }: NodeStatus): number {
  if (timeouts === undefined) throw new Error("a status without timeouts");
  const grown = (ms: number): number => Math.min(ms * TIMEOUT_GROWTH ** round, MAX_TIMEOUT_MS);
  return Math.round(2 * (grown(timeouts.proposeMs) + 2 * grown(timeouts.voteMs)));
}

class Trial {
  private readonly network: LocalNetwork;
  private readonly links: CuttableLinks;

  constructor(network: LocalNetwork, links: CuttableLinks) {
    this.network = network;
    this.links = links;
  }

  async run(shape: Shape, share: number): Promise<CutReport> {
    const begunMs = Date.now();
    const lastCutMs = await this.cut(shape, share);
    const before = await this.statuses();
    const healedMs = Date.now();
    this.links.heal();
    const linksMs = Math.max(0, Math.round((await this.linksSteady()) - healedMs));
    const commits = this.commits();
    const top = Math.max(
      ...commits.flat().map(({ height, atMs }) => (atMs < healedMs ? height : 0)),
    );
    await Promise.all(this.network.nodes.map((node) => node.waitForHeight(top + 2, WAIT_MS)));
    const stillFromMs = (lastCutMs + healedMs) / 2;
    const stood = this.commits().flatMap((ofMember, place) => {
      const status = before[place];
      const hasStood = !ofMember.some(({ atMs }) => atMs >= stillFromMs && atMs < healedMs);
      const next = ofMember.find(({ height, atMs }) => height > top && atMs >= healedMs);
      if (!hasStood) return [];
      if (status === undefined || next === undefined) throw new Error("a log without its commits");
      const boundMs = twoTimeoutsMs(status);
      return [{ progressMs: next.atMs - healedMs, boundMs, round: status.round }];
    });
    const slowest = stood.toSorted(
      (a, b) => b.progressMs - b.boundMs - (a.progressMs - a.boundMs),
    )[0];
    const linked = before.reduce((sum, { peers }) => sum + peers.validators, 0);
    return {
      cut: shape.name,
      blocks: blocksBetween(commits, begunMs, healedMs),
      pairsApart: (MEMBERS * (MEMBERS - 1) - linked) / 2,
      stoodStill: stood.length,
      progressMs: slowest?.progressMs,
      boundMs: slowest?.boundMs,
      round: slowest?.round,
      linksMs,
    };
  }

  /** Cuts as the shape says, and does not heal the last cut; answers when that began. */
  private async cut({ cuts, isClosed, phases }: Shape, share: number): Promise<number> {
    let lastCutMs = 0;
    for (const [place, { cutMs, healedMs }] of phases.entries()) {
      lastCutMs = Date.now();
      for (const { from, to } of cuts) {
        if (isClosed) this.links.break(from, to);
        else this.links.hold(from, to);
      }
      await sleep(cutMs * share);
      if (place === phases.length - 1) break;
      this.links.heal();
      await sleep(healedMs * share);
    }
    return lastCutMs;
  }

  /** Waits until all links have stood for a while; answers since when, in Unix ms. */
  async linksSteady(): Promise<number> {
    let sinceMs: number | undefined;
    return await waitFor(
      "all links",
      WAIT_MS,
      async () => {
        const statuses = await this.statuses();
        const isWhole = statuses.every(({ peers }) => peers.validators === MEMBERS - 1);
        sinceMs = isWhole ? (sinceMs ?? Date.now()) : undefined;
        const isSteady = sinceMs !== undefined && Date.now() - sinceMs >= STEADY_MS;
        const counts = statuses.map(({ peers }) => peers.validators);
        return isSteady && sinceMs !== undefined
          ? { done: sinceMs }
          : { waiting: `links ${counts.join(", ")}` };
      },
      POLL_MS,
    );
  }

  async statuses(): Promise<readonly NodeStatus[]> {
    return await Promise.all(
      this.network.nodes.map(async (node) => {
        const status = await node.status();
        if (status === undefined) throw new Error(`${node.plan.name} does not answer`);
        return status;
      }),
    );
  }

  private commits(): readonly (readonly Commit[])[] {
    return this.network.nodes.map((node) => commitsOf(node.log()));
  }
}

/** Heights that were first committed in this time. */
function blocksBetween(
  commits: readonly (readonly Commit[])[],
  fromMs: number,
  toMs: number,
): number {
  const first = new Map<number, number>();
  for (const { height, atMs } of commits.flat())
    first.set(height, Math.min(atMs, first.get(height) ?? atMs));
  return [...first.values()].filter((atMs) => atMs >= fromMs && atMs < toMs).length;
}
