// Draws the fault plan of a run. Each part has a random stream of its own, named after it, so a part that
// is added, left out or replaced changes no other. The order of WEIGHTS is the order of drawing: a draw may
// look at what stands before it.

import { faultyPower } from "../../src/crypto/certificate.ts";
import { EPOCH_BLOCKS } from "../../src/ledger/validator-state.ts";
import { PAYMENT_FAULTS, WALLETS } from "../world/chain.ts";
import type { DiskTrouble } from "../world/disks.ts";
import { newRng, type Rng } from "../world/rng.ts";
import { CULPRIT_KINDS, type CulpritKind, SIDELINES } from "./culprit-kinds.ts";
import { drawDeadLinks, silentOnes } from "./dead-links.ts";
import { drawRoundCuts } from "./draw-round-cuts.ts";
import type {
  Culprit,
  Death,
  FaultName,
  FaultPlan,
  Partition,
  Payment,
  PlanChange,
} from "./plan.ts";
import { STRANGER_KINDS } from "./stranger.ts";
import { FAULT_NAMES, WEIGHTS } from "./weights.ts";

export interface FaultOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Makes all culprits of one kind. */
  readonly kind?: CulpritKind | undefined;
  /** Up to f validators are Byzantine, or f + 1, which may break agreement. */
  readonly faulty?: "f" | "f+1" | undefined;
  /** These faults in every run, and no other. */
  readonly only?: readonly FaultName[] | undefined;
  readonly without?: readonly FaultName[] | undefined;
  readonly change?: PlanChange | undefined;
}

/** How often f + 1 culprits plot together, and how often f do. */
const PLOTS_BEYOND = 0.7;
const PLOTS = 0.25;
/** How many things a culprit does besides. */
const BESIDES = [0, 1, 2] as const;
/** How often an amnesiac forgets before the run heals. */
const FORGETS = 4;
const LATE_MS = 5_000;
/** Base delays, and how long after the start a run with such a delay may heal. */
const PACES = [
  { delayMs: 1, healMs: 2_500 },
  { delayMs: 5, healMs: 3_000 },
  { delayMs: 20, healMs: 4_500 },
  { delayMs: 50, healMs: 6_500 },
] as const;
const LEAST_HEAL_MS = 400;
const STORM_MS = 3_000;
/** Less than a message may take by genesis, and four times what clocks may be apart. */
const SLOW_WAY_MS = 400;
/** The most outputs of a payment that is made to be large. */
const LARGE_OUTPUTS = 500;
/** How often a death is that of the machine which dies most. */
const VICTIM = 0.6;
/** How often, where there are payments, one is bad, and one spends a coin again later. */
const BAD_PAYMENTS = 0.4;
const LAST_WALLET = WALLETS - 1;

const NOTHING: FaultPlan = {
  delayMs: 1,
  healAtMs: 0,
  jitterMs: 0,
  loss: 0,
  prevoteLoss: 0,
  precommitLoss: 0,
  straggle: 0,
  farMs: 0,
  unevenLinks: [],
  slowWays: [],
  bandwidth: 0,
  deadLinks: [],
  partitions: [],
  roundCuts: [],
  stalls: [],
  storms: [],
  cuts: [],
  culprits: [],
  strangers: [],
  lateStarts: [],
  deaths: [],
  powerLossesAtMs: [],
  troubles: [],
  wipes: [],
  forgets: [],
  clocks: [],
  jumps: [],
  payments: [],
  startHeight: 0,
};

/** Parts that every plan has: what follows from others, or does no harm by itself. */
const ALWAYS: ReadonlySet<FaultName> = new Set<FaultName>(["forgets"]);

/** The plan of a run; parts in `change` replace what was drawn. */
export function drawFaults(options: FaultOptions): FaultPlan {
  const { seed, nodes, only, without = [], faulty, kind } = options;
  const plan: { -readonly [K in keyof FaultPlan]: FaultPlan[K] } = { ...NOTHING };
  const pace = newRng(seed, "pace");
  const { delayMs, healMs } = pace.pick(PACES);
  plan.delayMs = delayMs;
  plan.healAtMs = LEAST_HEAL_MS + pace.int(healMs);
  const shareOf = (name: FaultName): number => {
    if (ALWAYS.has(name)) return 1;
    if (only !== undefined) return only.includes(name) ? 1 : 0;
    return without.includes(name) ? 0 : WEIGHTS[name].share;
  };
  for (const name of FAULT_NAMES) {
    const rng = newRng(seed, name);
    if (!rng.chance(shareOf(name)) && !isForced(name, options, plan)) continue;
    Object.assign(plan, { [name]: DRAWS[name]({ ...plan, seed, nodes, faulty, kind }, rng) });
  }
  return settled({ ...plan, ...options.change });
}

/** Culprits that were asked for, or that cut links call for. */
const isForced = (
  name: FaultName,
  { faulty, kind }: FaultOptions,
  { deadLinks }: FaultPlan,
): boolean =>
  name === "culprits" && (kind !== undefined || faulty === "f+1" || deadLinks.length > 0);

/** Parts that must fit together do. */
function settled(plan: FaultPlan): FaultPlan {
  const { culprits, lateStarts, storms, forgets } = plan;
  const lastMs = Math.max(0, ...lateStarts.map(({ atMs }) => atMs), ...storms.map((s) => s.toMs));
  // Whoever is no culprit any more forgets nothing.
  const isAmnesiac = (index: number): boolean =>
    culprits.some((culprit) => culprit.kind === "amnesia" && culprit.index === index);
  // Timeouts of a storm would end each round before anything could arrive.
  const links = { delayMs: 1, jitterMs: 1, farMs: 0, unevenLinks: [], slowWays: [], bandwidth: 0 };
  return {
    ...plan,
    ...(storms.length > 0 ? links : {}),
    healAtMs: Math.max(plan.healAtMs, lastMs),
    forgets: forgets.filter(({ machine }) => isAmnesiac(machine)),
  };
}

/** What is drawn so far, and what was asked for. */
type Setting = FaultPlan & Pick<FaultOptions, "seed" | "nodes" | "faulty" | "kind">;
type Draw<T> = (setting: Setting, rng: Rng) => T;

/** Early moments more often: most runs are over long before they heal. */
const momentIn = ({ healAtMs }: Setting, rng: Rng): number =>
  Math.floor(healAtMs * rng.next() * rng.next());

/** A list of what `draw` gives. */
const some =
  <T>(counts: readonly number[], draw: Draw<T>): Draw<readonly T[]> =>
  (setting, rng) =>
    Array.from({ length: rng.pick(counts) }, () => draw(setting, rng));

const among =
  <T>(...choices: readonly T[]): Draw<T> =>
  (_setting, rng) =>
    rng.pick(choices);

const machineAt: Draw<{ readonly machine: number; readonly atMs: number }> = (setting, rng) => ({
  machine: rng.int(setting.nodes),
  atMs: momentIn(setting, rng),
});

function spanIn(setting: Setting, rng: Rng) {
  const fromMs = momentIn(setting, rng);
  return { fromMs, toMs: fromMs + rng.int(setting.healAtMs - fromMs) };
}

const DRAWS: { readonly [K in FaultName]: Draw<FaultPlan[K]> } = {
  startHeight: () => EPOCH_BLOCKS - 4,
  storms: (_setting, rng) => {
    const fromMs = rng.int(200);
    return [{ fromMs, toMs: fromMs + STORM_MS }];
  },
  deadLinks: ({ seed, nodes }, rng) => drawDeadLinks(nodes, silentOnes(seed, nodes), rng),
  wipes: ({ nodes, faulty, deadLinks, ...rest }, rng) => {
    if (faultyPower(nodes) === 0 || faulty === "f+1" || deadLinks.length > 0) return [];
    return [
      { machine: rng.int(nodes), atMs: momentIn({ nodes, faulty, deadLinks, ...rest }, rng) },
    ];
  },
  culprits: drawCulprits,
  jitterMs: ({ delayMs }, rng) => delayMs * rng.pick([0.2, 1, 2]),
  loss: among(0.02, 0.1, 0.25),
  prevoteLoss: among(0.15, 0.3, 0.45),
  precommitLoss: among(0.3, 0.6, 0.9),
  straggle: among(0.02, 0.1),
  // Over links that are missing, what is so far takes minutes a height.
  farMs: ({ deadLinks }, rng) => rng.pick(deadLinks.length > 0 ? [110, 200] : [110, 200, 300, 800]),
  unevenLinks: ({ nodes }, rng) => {
    const factors = Array.from({ length: nodes * nodes }, () => rng.pick([0.2, 1, 1, 1, 3]));
    // Both ways alike: a clock is judged by the middle of a round trip.
    return factors.map((factor, at) => {
      const [from, to] = [Math.floor(at / nodes), at % nodes];
      return from < to ? factor : (factors[to * nodes + from] ?? 1);
    });
  },
  slowWays: ({ nodes }, rng) => {
    const slow = Array.from({ length: nodes }, () => (rng.chance(0.4) ? rng.int(SLOW_WAY_MS) : 0));
    return Array.from({ length: nodes * nodes }, (_, at) => slow[Math.floor(at / nodes)] ?? 0);
  },
  bandwidth: among(100, 400),
  partitions: some([1, 1, 2, 4], drawPartition),
  roundCuts: ({ nodes }, rng) => drawRoundCuts(nodes, rng),
  stalls: some([1, 1, 2, 3], (setting, rng) => ({
    machine: rng.int(setting.nodes),
    ...spanIn(setting, rng),
  })),
  cuts: some([2, 6], (setting, rng) => ({
    atMs: momentIn(setting, rng),
    a: rng.int(setting.nodes),
    b: rng.int(setting.nodes),
  })),
  strangers: some([1, 1, 3], among(...STRANGER_KINDS)),
  lateStarts: some([1, 1, 2], ({ nodes }, rng) => ({
    machine: rng.int(nodes),
    atMs: rng.int(LATE_MS),
  })),
  deaths: drawDeaths,
  powerLossesAtMs: some([1, 2], momentIn),
  troubles: some([1, 2], (setting, rng) => {
    const { machine, atMs: fromMs } = machineAt(setting, rng);
    const toMs = Math.min(setting.healAtMs, fromMs + rng.int(2_000));
    return { machine, fromMs, toMs, trouble: rng.pick<DiskTrouble>(["EIO", "ENOSPC"]) };
  }),
  forgets: (setting, rng) =>
    setting.culprits
      .filter(({ kind }) => kind === "amnesia")
      .flatMap(({ index }) =>
        Array.from({ length: FORGETS }, () => ({ machine: index, atMs: momentIn(setting, rng) })),
      ),
  clocks: ({ nodes, culprits }, rng) => {
    const machines = nodes + culprits.filter(({ kind }) => kind === "twins").length;
    return Array.from({ length: machines }, () => ({
      rate: rng.pick([1, 1, 1, 0.99, 1.01]),
      skewMs: rng.int(81) - 40,
    }));
  },
  jumps: some([1, 2], (setting, rng) => ({
    ...machineAt(setting, rng),
    byMs: rng.pick([-5_000, -300, 300, 5_000]),
  })),
  payments: drawPayments,
};

/** Mostly f of them, side by side, so that they lead in a row; one less for each machine that is wiped. */
function drawCulprits(setting: Setting, rng: Rng): readonly Culprit[] {
  const { nodes, kind, faulty, wipes, deadLinks, seed } = setting;
  if (deadLinks.length > 0) {
    return silentOnes(seed, nodes).map((index) => ({ index, kind: "silent" }));
  }
  const isBeyond = faulty === "f+1";
  const count = Math.max(0, faultyPower(nodes) + (isBeyond ? 1 : 0) - wipes.length);
  const [wiped] = wipes;
  const first =
    wiped === undefined ? rng.int(nodes) : wiped.machine + 1 + rng.int(nodes - Math.max(1, count));
  const isPlot = count > 1 && rng.chance(isBeyond ? PLOTS_BEYOND : PLOTS);
  return Array.from({ length: count }, (_, place) => ({
    kind: kind ?? (isPlot ? "plotter" : rng.pick(CULPRIT_KINDS)),
    index: (first + place) % nodes,
    // Beyond f they are to fork, and not to be found out before.
    also: kind === undefined && !isBeyond ? drawBesides(rng) : [],
  }));
}

const drawBesides = (rng: Rng): readonly CulpritKind[] =>
  Array.from({ length: rng.pick(BESIDES) }, () => rng.pick(SIDELINES));

/** Mostly of one machine: what its log has lost shows when it starts once more. */
function drawDeaths(setting: Setting, rng: Rng): readonly Death[] {
  const victim = rng.int(setting.nodes);
  return Array.from({ length: rng.pick([1, 2, 3, 5]) }, () => {
    const { machine, atMs } = machineAt(setting, rng);
    const afterPoints = rng.int(60);
    return { machine: rng.chance(VICTIM) ? victim : machine, atMs, afterPoints };
  });
}

function drawPartition(setting: Setting, rng: Rng): Partition {
  const { nodes } = setting;
  return {
    ...spanIn(setting, rng),
    groups: Array.from({ length: nodes }, () => rng.int(2)),
    bridge: rng.chance(0.25) ? rng.int(nodes) : -1,
    isOneWay: rng.chance(0.3),
    isRing: rng.chance(0.15),
    flapMs: rng.pick([0, 0, 200]),
    breaksLinks: rng.chance(0.5),
  };
}

/** A few spends, and the same coin spent twice in two places: on two sides of a partition, if there is one. */
function drawPayments(setting: Setting, rng: Rng): readonly Payment[] {
  const { nodes, partitions, bandwidth } = setting;
  const count = bandwidth > 0 ? WALLETS : rng.pick([1, 2, 4]);
  const outputs = bandwidth > 0 ? LARGE_OUTPUTS : 1;
  const [partition] = partitions;
  const inGroup = (group: number): number => {
    const members = [...(partition?.groups.keys() ?? [])].filter(
      (machine) => partition?.groups[machine] === group,
    );
    return members.length === 0 ? rng.int(nodes) : rng.pick(members);
  };
  const pay = (from: number, machine: number, atMs: number): Payment => ({
    atMs,
    machine,
    from,
    to: rng.int(WALLETS),
    outputs,
  });
  const anywhere = (from: number, atMs: number): Payment => pay(from, rng.int(nodes), atMs);
  const bad = rng.chance(BAD_PAYMENTS)
    ? [{ ...anywhere(LAST_WALLET, rng.int(400)), fault: rng.pick(PAYMENT_FAULTS) }]
    : [];
  // When the first is in a block already, or its rival.
  const again = rng.chance(BAD_PAYMENTS) ? [anywhere(0, momentIn(setting, rng))] : [];
  const good = Array.from({ length: count }, (_, from) => from).flatMap((from) => {
    if (from > 0) return [pay(from, rng.int(nodes), rng.int(400))];
    const atMs = partition === undefined ? rng.int(400) : partition.fromMs + rng.int(20);
    return [pay(0, inGroup(0), atMs), pay(0, inGroup(1), atMs)];
  });
  return [...good, ...bad, ...again];
}
