// One run by seed: the production node, as many of it as asked for, on a virtual clock, network and disks,
// under the faults of the seed's plan. A run is unsafe where a check fails, and stuck where nothing happens
// any more or where, after all faults have healed, the honest nodes do not reach the target within
// LIVENESS_BOUND_MS of virtual time, or over slow links the next height within SLOW_BOUND_MS. Same options,
// same report.

import { ALL_CRASHES } from "../../src/adapters/memory/memory-disk.ts";
import { MemoryHub } from "../../src/adapters/memory/memory-hub.ts";
import { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import { Checks, conflictLine } from "../checks/checks.ts";
import type { RunReport } from "../command/run-report.ts";
import { traced } from "../command/trace.ts";
import { BEHAVIOURS } from "../faults/behaviours.ts";
import { CulpritAdapter } from "../faults/culprit.ts";
import type { CulpritKind } from "../faults/culprit-kinds.ts";
import { drawFaults } from "../faults/draw.ts";
import type { Culprit, FaultName, FaultPlan, PlanChange } from "../faults/plan.ts";
import { Plot } from "../faults/plot.ts";
import { Stranger } from "../faults/stranger.ts";
import { type Chain, chainOf } from "../world/chain.ts";
import { FrameReader } from "../world/frame-reader.ts";
import { historyOf } from "../world/history.ts";
import { Links } from "../world/links.ts";
import {
  Machine,
  type MachineEvents,
  type MachineOptions,
  newTransport,
} from "../world/machine.ts";
import { MachineClock } from "../world/machine-clock.ts";
import { newRng, type Rng } from "../world/rng.ts";
import { roundPlaceOf } from "../world/round-cuts.ts";
import { TwinLinks } from "../world/twin-links.ts";
import { type DisksMode, newDisksFor, nodeConfigFor } from "./node-config.ts";
import { schedule } from "./schedule.ts";

/** Virtual time after healing within which all honest nodes must reach the target. */
const LIVENESS_BOUND_MS = 60_000;
/** For each height where links are slow or dead for good: there one takes seconds, with dozens of nodes a minute. */
const SLOW_BOUND_MS = 240_000;
/** Heights that must still be decided after healing. */
const HEIGHTS_AFTER_HEAL = 2;
/** Heights that must be decided after a disk was lost: its key signs again after ten. */
const HEIGHTS_AFTER_WIPE = 13;
const MAX_EVENTS = 4_000_000;
const EPOCH_MS = 1_700_000_000_000;
/** How far wall clocks are off at most once they are looked after again. */
const DISCIPLINED_MS = 20;
const MAX_DOWN_MS = 1_500;
/** One run in so many has its blocks judged by a second ledger; a number that nothing else of a seed turns on. */
const RUNS_PER_SECOND_LEDGER = 7;
/** In one run of so many, evidence is soon too old. */
const RUNS_PER_SHORT_AGE = 3;
const SHORT_EVIDENCE_AGE = 3;

export interface SimulationOptions {
  readonly seed: number;
  /** Default fast. */
  readonly mode?: DisksMode | undefined;
  readonly nodes?: number | undefined;
  readonly heights?: number | undefined;
  /** Makes all culprits of one kind. */
  readonly kind?: CulpritKind | undefined;
  /** With f + 1, a fork is an outcome and no violation, as long as it is seen. */
  readonly faulty?: "f" | "f+1" | undefined;
  readonly only?: readonly FaultName[] | undefined;
  readonly without?: readonly FaultName[] | undefined;
  /** Parts of the fault plan that replace the drawn ones. */
  readonly change?: PlanChange | undefined;
  /** Takes what every node hears, notes and signs, as lines. */
  readonly trace?: ((line: string) => void) | undefined;
}

/** Runs one seed to its end. */
export const simulate = (options: SimulationOptions): RunReport => new Simulation(options).run();

class Simulation implements MachineEvents {
  readonly #options: SimulationOptions;
  readonly #chain: Chain;
  readonly #rng: Rng;
  readonly #plan: FaultPlan;
  readonly #time = new VirtualClock(EPOCH_MS);
  readonly #links: Links;
  readonly #hub: MemoryHub;
  readonly #reader = new FrameReader();
  readonly #checks: Checks;
  readonly #plot: Plot;
  readonly #machines: readonly Machine[];
  readonly #honest: readonly Machine[];
  readonly #twins = new Map<number, TwinLinks>();
  readonly #events: MachineEvents;
  /** Machines whose disk was in trouble since their process started. */
  readonly #troubled = new Set<Machine>();
  #target: number;
  /** A height or the target has changed since completeness was last judged. */
  #moved = false;
  #eventCount = 0;
  /** The height that all honest machines have. */
  #lowest = 0;
  /** Who has not reached the target then is stuck. */
  #deadlineMs = 0;
  #transactions = 0;
  #deaths = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const { seed, nodes = 4, heights = 8, faulty, trace } = options;
    const isShort = faulty !== "f+1" && seed % RUNS_PER_SHORT_AGE === 0;
    this.#chain = chainOf(nodes, isShort ? SHORT_EVIDENCE_AGE : undefined);
    this.#rng = newRng(seed);
    this.#plan = drawFaults({ ...options, nodes });
    const { startHeight, culprits } = this.#plan;
    this.#target = startHeight + heights;
    const { nodeIds } = this.#chain;
    const nowMs = () => this.#time.monotonicMs();
    this.#events = trace === undefined ? this : traced(this, trace, nowMs);
    const placeOf = (frame: Uint8Array) => {
      const message = this.#reader.tryRead(frame);
      return message === undefined ? undefined : roundPlaceOf(message);
    };
    this.#links = new Links(this.#plan, this.#rng, { nodeIds, nowMs, placeOf });
    this.#hub = new MemoryHub({
      scheduler: this.#time,
      delayMs: (from, to, frame) => this.#links.delayMs(from, to, frame),
    });
    const places = culprits.map(({ index }) => index);
    this.#plot = new Plot(nodes, places, this.#rng);
    this.#checks = new Checks({
      chain: this.#chain,
      culprits: new Set(places),
      mayFork: faulty === "f+1",
      second: faulty !== "f+1" && isJudgedTwice(seed, this.#plan),
      history: historyOf(this.#chain, startHeight, EPOCH_MS),
    });
    const twins = culprits.filter(({ kind }) => kind === "twins").map(({ index }) => index);
    const indices = [...nodeIds.keys(), ...twins];
    this.#machines = indices.map((index, place) => this.#newMachine(index, place));
    this.#honest = this.#machines.filter((machine) => this.#checks.isHonest(machine));
  }

  run(): RunReport {
    this.#startAll();
    this.#deadlineMs =
      this.#plan.healAtMs + (isSlow(this.#plan) ? SLOW_BOUND_MS : LIVENESS_BOUND_MS);
    const checks = this.#checks;
    const { violations } = checks;
    while (violations.length === 0) {
      if (checks.conflict !== undefined) {
        const runsOn = this.#honest.some((m) => m.haltMarker !== undefined && m.isUp);
        if (runsOn)
          return this.#report("unsafe", "conflict: a process runs beside its halt marker");
        return this.#report("forked", conflictLine(checks.conflict));
      }
      if (checks.halt !== undefined) return this.#report("halted", checks.halt);
      if (!checks.isForked && this.#isComplete()) return this.#report("ok", "");
      if (!this.#time.next()) return this.#report("stuck", "the event queue drained");
      if (++this.#eventCount > MAX_EVENTS || this.#time.monotonicMs() > this.#deadlineMs) {
        if (checks.isForked) return this.#report("unsafe", "conflict: nobody saw the fork");
        const heights = this.#machines.map(({ height }) => height).join();
        return this.#report("stuck", `not at height ${this.#target}, but at ${heights}`);
      }
    }
    return this.#report("unsafe", violations[0] ?? "");
  }

  signed: MachineEvents["signed"] = (machine, request) => this.#checks.signs(machine, request);

  refused: MachineEvents["refused"] = (machine, reason) => this.#checks.refuses(machine, reason);

  committed: MachineEvents["committed"] = (machine, certified, head) => {
    this.#moved = true;
    if (machine === this.#honest[0]) this.#transactions += certified.block.transactions.length;
    this.#checks.commits(machine, certified, head);
  };

  heard: NonNullable<MachineEvents["heard"]> = (machine, message) =>
    this.#checks.hears(machine, message);

  punished: MachineEvents["punished"] = (machine, peerId, reason) =>
    this.#checks.punishes(machine, peerId, reason);

  asked: MachineEvents["asked"] = (machine, frame) =>
    this.#checks.asks(machine, this.#time.monotonicMs(), frame);

  logged: MachineEvents["logged"] = (machine, message, fields) =>
    this.#checks.notes(machine, message, fields);

  forked: MachineEvents["forked"] = (machine, found) => this.#checks.forks(machine, found);

  stopped: MachineEvents["stopped"] = (machine, error) => {
    this.#deaths++;
    if (error !== undefined) this.#checks.fails(machine, error, this.#troubled.has(machine));
    this.#time.startTimer(1 + this.#rng.int(MAX_DOWN_MS), () => this.#start(machine));
  };

  losses: MachineEvents["losses"] = () => ({
    disk: this.#rng.pick(ALL_CRASHES),
    batch: this.#rng.pick(["lost", "kept"]),
  });

  #startAll(): void {
    const { lateStarts, strangers, deadLinks } = this.#plan;
    for (const [place, machine] of this.#machines.entries()) {
      const late = lateStarts.find((moment) => moment.machine === place);
      if (late === undefined) this.#start(machine);
      else this.#time.startTimer(late.atMs, () => this.#start(machine));
    }
    const { coverage } = this.#checks;
    if (lateStarts.length > 0) coverage.once("lateStarts");
    if (deadLinks.length > 0) coverage.once("deadLinks");
    const addresses = this.#addresses();
    const world = { chain: this.#chain, time: this.#time, hub: this.#hub, addresses };
    for (const [place, kind] of strangers.entries()) {
      new Stranger(kind, place, { ...world, rng: this.#rng }).start();
    }
    schedule(this.#plan, {
      chain: this.#chain,
      time: this.#time,
      links: this.#links,
      machines: this.#machines,
      troubled: this.#troubled,
      wiped: (machine) => this.#wiped(machine),
      heal: () => this.#heal(),
    });
  }

  #start(machine: Machine): void {
    if (machine.isUp) return;
    if (machine.disks.trouble === undefined) this.#troubled.delete(machine);
    this.#checks.resumes(machine);
    this.#moved = true;
    machine.start();
  }

  #addresses = (): readonly string[] => this.#chain.nodeIds.map((id, i) => `${id}@v${i}:1`);

  #newMachine(index: number, place: number): Machine {
    const { nodes = 4, mode = "fast", seed } = this.#options;
    const addresses = this.#addresses();
    const drawn = this.#plan.culprits.find((culprit) => culprit.index === index);
    const kind = drawn?.kind;
    const hasAdapter = drawn !== undefined && kind !== "twins" && kind !== "amnesia";
    const culprit = hasAdapter ? this.#newCulprit(drawn) : undefined;
    const options: MachineOptions = {
      chain: this.#chain,
      index,
      address: addresses[index] ?? "",
      peers: addresses.filter((_, other) => other !== index),
      time: this.#time,
      clock: new MachineClock(this.#time, this.#plan.clocks[place] ?? { rate: 1, skewMs: 0 }),
      hub: this.#hub,
      reader: this.#reader,
      newDisks: newDisksFor(mode),
      config: nodeConfigFor(seed, this.#plan),
      history: historyOf(this.#chain, this.#plan.startHeight, EPOCH_MS),
      events: this.#events,
      corrupt: culprit?.corrupt.bind(culprit),
      forgetful: kind === "amnesia",
    };
    if (kind !== "twins") return new Machine(options);
    const shared = this.#twins.get(index) ?? new TwinLinks(() => newTransport(options));
    this.#twins.set(index, shared);
    return new Machine({ ...options, openLinks: () => shared.open(place < nodes ? 0 : 1) });
  }

  #newCulprit({ kind, index, also = [] }: Culprit): CulpritAdapter {
    const behaviours = [...also, kind].map((name) => BEHAVIOURS[name]);
    return new CulpritAdapter(behaviours, {
      chain: this.#chain,
      index,
      time: this.#time,
      reader: this.#reader,
      rng: this.#rng,
      plot: this.#plot,
      dueMs: (other) => this.#machines[other]?.options.clock.dueMs ?? 0,
      voted: (vote) => this.#checks.forges(vote),
    });
  }

  #wiped(machine: Machine): void {
    if (!this.#checks.isHonest(machine) || machine.haltMarker !== undefined) return;
    machine.wipe();
    this.#checks.wiped(machine);
    this.#raiseTarget(HEIGHTS_AFTER_WIPE);
  }

  /** The world behaves from now on; Byzantine validators do not. */
  #heal(): void {
    this.#links.heal();
    for (const machine of this.#machines) {
      machine.gate.dieAt(Infinity);
      machine.disks.trouble = undefined;
      machine.options.clock.discipline(this.#rng.int(2 * DISCIPLINED_MS + 1) - DISCIPLINED_MS);
    }
    this.#raiseTarget(HEIGHTS_AFTER_HEAL);
  }

  #raiseTarget(heights: number): void {
    const highest = Math.max(...this.#honest.map(({ height }) => height));
    this.#target = Math.max(this.#target, highest + heights);
    this.#moved = true;
  }

  #isComplete(): boolean {
    if (!this.#moved) return false;
    this.#moved = false;
    const lowest = Math.min(...this.#honest.map(({ height }) => height));
    if (lowest > this.#lowest && isSlow(this.#plan)) {
      this.#deadlineMs = Math.max(this.#deadlineMs, this.#time.monotonicMs() + SLOW_BOUND_MS);
    }
    this.#lowest = lowest;
    return lowest >= this.#target;
  }

  #report(outcome: RunReport["outcome"], reason: string): RunReport {
    const { culprits, startHeight } = this.#plan;
    const checks = this.#checks;
    return {
      seed: this.#options.seed,
      outcome,
      reason,
      events: this.#eventCount,
      virtualMs: Math.round(this.#time.monotonicMs()),
      heights: Math.max(0, ...this.#honest.map(({ height }) => height - startHeight)),
      byzantine: culprits.map(wordsFor).join(", ") || "none",
      maxRound: checks.maxRound,
      transactions: this.#transactions,
      convicted: checks.convicted,
      deaths: this.#deaths,
      coverage: checks.counts,
    };
  }
}

/** Where somebody puts into blocks what is no block's, and where an epoch ends, a second ledger always looks. */
const isJudgedTwice = (seed: number, { culprits, payments, startHeight }: FaultPlan): boolean =>
  seed % RUNS_PER_SECOND_LEDGER === 0 ||
  startHeight > 0 ||
  payments.some(({ fault }) => fault !== undefined) ||
  culprits.some(({ kind, also = [] }) => [kind, ...also].includes("badProposer"));

const wordsFor = ({ kind, index, also = [] }: Culprit): string =>
  `${[kind, ...also].join("+")} at ${index}`;

const isSlow = ({ deadLinks, slowWays, farMs, bandwidth }: FaultPlan): boolean =>
  deadLinks.length > 0 || slowWays.length > 0 || farMs > 0 || bandwidth > 0;
