// What the driver and the core take for each input: production nodes in one process, measured as they run
// (meter.ts), at several sizes and with blocks of many transactions. The figures of a type become a line
// over its frames' bytes, or over the number of peers where its frames have one size. Called by main.ts.

import { type CostLine, type Costs, costOf, HANDLED, noCosts } from "../../sim/timed/costs.ts";
import { TimedNetwork } from "../../sim/timed/network.ts";
import { evenDelay } from "../../sim/timed/regions.ts";
import { payment } from "../../sim/world/chain.ts";
import { newRng } from "../../sim/world/rng.ts";
import { createLog } from "../../src/adapters/log.ts";
import { createMetrics } from "../../src/adapters/metrics.ts";
import { decodeFrame } from "../../src/codec/frames.ts";
import { type Deed, Meter, type Sample } from "./meter.ts";
import { rounded } from "./stopwatch.ts";

const SIZES = [
  { nodes: 4, heights: 400 },
  { nodes: 16, heights: 80 },
  { nodes: 50, heights: 24 },
] as const;
/** Of each run: code that is not compiled yet is no daemon's. */
const WARM_UP_SHARE = 0.4;
/** The longest of a hundred are those in which something else had the core. */
const TRIMMED_SHARE = 0.01;
const ROUNDS = 3;
/** A figure of fewer is chance. */
const LEAST_SAMPLES = 8;
const PAYMENTS = 600;

/** Messages that none of these runs sends are taken for others of their size. */
const SELDOM = [
  ["roundCertificate", "certificate"],
  ["evidence", "vote"],
  ["getProposal", "vote"],
  ["getBlocks", "vote"],
  ["blocks", "peers"],
  ["reach", "peers"],
] as const;

interface Measured extends Sample {
  readonly peers: number;
}

type Handling = Pick<Costs, "handle" | "ownVote" | "ownProposal" | "decide">;

/** @param sendUs what the driver itself takes for each frame that it sends: charged with the frame. */
export function measureHandling(sendUs: number, say: (line: string) => void): Handling {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    say(`handling, round ${round + 1} of ${ROUNDS}`);
    return [
      ...SIZES.flatMap((size) => run(size, sendUs)),
      ...run({ nodes: 4, heights: 60, wallets: PAYMENTS, compactFromBytes: 2 ** 24 }, sendUs),
      ...run({ nodes: 4, heights: 60, wallets: PAYMENTS, compactFromBytes: 1 }, sendUs),
    ];
  });
  const points = pointsOf(rounds).filter(({ count }) => count >= LEAST_SAMPLES);
  const empty = points.filter(({ txs }) => txs < 1);
  const lines = new Map(
    HANDLED.map((type) => [type, lineOf(empty.filter(of(type, "nothing")))] as const),
  );
  for (const [type, like] of SELDOM) {
    const isSeen = empty.some(of(type, "nothing"));
    if (!isSeen) lines.set(type, lineOf(empty.filter(of(like, "nothing"))));
  }
  const ownVote = lineOf(beyond(lines, empty.filter(of("vote", "vote"))));
  // A proposal is voted for at once, and a leader votes for its own.
  const votedFor = empty.filter(of("proposal", "vote"));
  lines.set("proposal", lineOf(without(ownVote, votedFor)));
  const built = beyond(lines, empty.filter(of("timer", "several")));
  const ownProposal = lineOf(without(ownVote, built));
  const perTx = (type: Sample["type"], deed: Deed): number =>
    perTxOf(points.filter(of(type, deed)));
  const handle = Object.fromEntries(
    [...lines].map(([type, line]) => {
      const perTxUs = perTx(type, type === "proposal" || type === "blockTxs" ? "vote" : "nothing");
      return [type, { ...line, perTxUs }];
    }),
  ) as Costs["handle"];
  return {
    handle,
    ownVote,
    ownProposal: { ...ownProposal, perTxUs: perTx("timer", "several") },
    decide: {
      ...lineOf(beyond(lines, empty.filter(of("vote", "decide")))),
      perTxUs: perTx("vote", "decide"),
    },
  };
}

/** What tasks took beyond handling their input. */
const beyond = (
  lines: ReadonlyMap<Sample["type"], CostLine>,
  points: readonly Point[],
): readonly Point[] =>
  points.map((point) => ({ ...point, us: point.us - at(lines.get(point.type), point) }));

const without = (line: CostLine, points: readonly Point[]): readonly Point[] =>
  points.map((point) => ({ ...point, us: point.us - at(line, { ...point, bytes: 0 }) }));

/** From the fullest blocks, and from empty ones of as many nodes where there are any. */
function perTxOf(points: readonly Point[]): number {
  const full = points.filter(({ txs }) => txs >= 1).toSorted((a, b) => b.txs - a.txs)[0];
  if (full === undefined) return 0;
  const empty = points.find(({ txs, peers }) => txs < 1 && peers === full.peers);
  return rounded(Math.max(0, full.us - (empty?.us ?? 0)) / full.txs);
}

interface RunSize {
  readonly nodes: number;
  readonly heights: number;
  readonly wallets?: number;
  readonly compactFromBytes?: number;
}

function run(size: RunSize, sendUs: number): readonly Measured[] {
  const { nodes, heights, wallets, compactFromBytes = 16 * 1024 } = size;
  const meter = new Meter(decodeFrame);
  const log = createLog({ level: "info", format: "json", stream: { write: () => undefined } });
  const done = new Set<number>();
  const options = {
    nodes,
    delay: evenDelay(2),
    lateShare: 0,
    inOrder: true,
    megabitsPerSecond: 1_000,
    costs: noCosts(),
    cores: "own" as const,
    minBlockMs: 50,
    emptyBlockIntervalMs: 1_000,
    consensus: { compactFromBytes },
    ...(wallets === undefined ? {} : { wallets }),
  };
  const network: TimedNetwork = new TimedNetwork(options, newRng(1), {
    entered: () => undefined,
    committed: ({ index }, { certificate: { height } }) => {
      if (height === heights) done.add(index);
    },
    ports: (ports) => meter.ports(ports, { log, metrics: createMetrics({ runtime: false }) }),
  });
  network.start();
  if (wallets !== undefined) payAll(network, wallets);
  while (done.size < nodes) network.time.next();
  const from = wallets === undefined ? Math.floor(meter.samples.length * WARM_UP_SHARE) : 0;
  return meter.samples
    .slice(from)
    .map((sample) => ({ ...sample, us: sample.us - sample.sends * sendUs, peers: nodes - 1 }));
}

/** Every account pays once, a hundred every two seconds. */
function payAll({ time, nodes, chain }: TimedNetwork, wallets: number): void {
  for (let wallet = 0; wallet < wallets; wallet++) {
    const node = nodes[wallet % nodes.length];
    const spend = { from: wallet, to: (wallet + 1) % wallets, outputs: 1 };
    time.startTimer(2_000 + Math.floor(wallet / 100) * 2_000, () =>
      node?.machine.node?.driver.submit(payment(chain, spend)),
    );
  }
}

/** One figure: a type and deed at one size of the network and of frames. */
interface Point {
  readonly type: Sample["type"];
  readonly deed: Deed;
  readonly peers: number;
  readonly bytes: number;
  readonly txs: number;
  readonly us: number;
  readonly count: number;
}

const of = (type: Sample["type"], deed: Deed) => (point: Point) =>
  point.type === type && point.deed === deed;

/** Frames of about one size together; of each, the least of the rounds. */
function pointsOf(rounds: readonly (readonly Measured[])[]): readonly Point[] {
  const best = new Map<string, Point>();
  for (const samples of rounds) {
    const groups = Map.groupBy(samples, ({ type, deed, peers, bytes, txs }) =>
      [type, deed, peers, sizeClass(bytes), sizeClass(txs)].join("/"),
    );
    for (const [key, group] of groups) {
      const point = pointOf(group);
      if (point.us < (best.get(key)?.us ?? Infinity)) best.set(key, point);
    }
  }
  return [...best.values()];
}

const sizeClass = (size: number): number => Math.round(2 * Math.log2(1 + size));

function pointOf(group: readonly Measured[]): Point {
  const mean = (values: readonly number[]): number =>
    values.reduce((a, b) => a + b, 0) / values.length;
  const times = group.map(({ us }) => us).sort((a, b) => a - b);
  const kept = times.slice(0, Math.max(1, Math.floor(times.length * (1 - TRIMMED_SHARE))));
  const [first] = group;
  if (first === undefined) throw new RangeError("an empty group");
  const { type, deed, peers } = first;
  return {
    type,
    deed,
    peers,
    bytes: mean(group.map(({ bytes }) => bytes)),
    txs: mean(group.map(({ txs }) => txs)),
    us: mean(kept),
    count: group.length,
  };
}

const at = (line: CostLine | undefined, { bytes, peers }: Point): number =>
  line === undefined ? 0 : costOf(line, { bytes, peers });

/** The straight line through the points: over bytes where these differ, otherwise over peers. */
function lineOf(points: readonly Point[]): CostLine {
  const most = Math.max(0, ...points.map(({ bytes }) => bytes));
  const least = Math.min(most, ...points.map(({ bytes }) => bytes));
  const isBySize = most > 2 * least + 8;
  const { base, slope } = fit(
    points.map(({ bytes, peers, us }) => ({ x: isBySize ? bytes : peers, y: us })),
  );
  return {
    baseUs: rounded(base),
    perByteUs: isBySize ? rounded(slope) : 0,
    perPeerUs: isBySize ? 0 : rounded(slope),
    perTxUs: 0,
  };
}

/** Least squares of what the line is off in proportion; never below 0, as nothing costs less with more. */
function fit(points: readonly { readonly x: number; readonly y: number }[]) {
  const weighted = points.map(({ x, y }) => ({ x, y, weight: 1 / Math.max(0.1, y) ** 2 }));
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return { base: 0, slope: 0 };
  const mean = (of: (point: { x: number; y: number }) => number): number =>
    weighted.reduce((sum, point) => sum + point.weight * of(point), 0) / total;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const spread = mean((point) => (point.x - x) ** 2);
  const slope = spread < 1e-9 ? 0 : mean((point) => (point.x - x) * (point.y - y)) / spread;
  if (slope <= 0) return { base: y, slope: 0 };
  const base = y - slope * x;
  if (base >= 0) return { base, slope };
  return { base: 0, slope: mean((point) => point.x * point.y) / mean((point) => point.x ** 2) };
}
