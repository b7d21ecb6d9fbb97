// One run of whole nodes by seed: the production driver, log and sign-state formats, ledger, mempool and
// codecs on a virtual clock, network and disk. A run is unsafe where a check fails, and stuck where
// nothing happens any more or, after all faults have healed, the honest nodes do not reach the target
// within LIVENESS_BOUND_MS of virtual time. Same options, same report.

import { ALL_CRASHES } from "../../src/adapters/memory/memory-disk.ts";
import { MemoryHub } from "../../src/adapters/memory/memory-hub.ts";
import { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import type { NodeOptions } from "../../src/daemon/consensus-node.ts";
import { Checks } from "../checks/checks.ts";
import type { RunReport } from "../command/run-report.ts";
import { conflictLine, HEIGHTS_AFTER_HEAL, LIVENESS_BOUND_MS } from "../core/simulation.ts";
import type { BrokenPorts } from "../faults/broken-ports.ts";
import { Culprit, type CulpritKind, Plot } from "../faults/culprit.ts";
import {
  drawFaults,
  type FaultPlan,
  isApart,
  type Partition,
  type PlanChange,
} from "../faults/fault-plan.ts";
import { type Chain, chainOf, payment } from "../world/chain.ts";
import { FileDisks } from "../world/file-disks.ts";
import { FrameReader } from "../world/frame-reader.ts";
import { Links } from "../world/links.ts";
import { Machine, type MachineEvents, type MachineOptions } from "../world/machine.ts";
import { MachineClock } from "../world/machine-clock.ts";
import { QuickDisks } from "../world/quick-disks.ts";
import { newRng, type Rng } from "../world/rng.ts";

const MAX_EVENTS = 1_000_000;
const EPOCH_MS = 1_700_000_000_000;
/** How far wall clocks are off at most once they are looked after again. */
const DISCIPLINED_MS = 20;
const MAX_DOWN_MS = 1_500;

export const NODE_CONFIG: NodeOptions["config"] = {
  consensus: {
    adaptive: true,
    compactFromBytes: 16 * 1024,
    voteRelay: "auto",
    timeoutProposeMs: 300,
    timeoutVoteMs: 100,
    timeoutGrowth: 1.2,
    maxTimeoutMs: 2_000,
    // Every key is new. With a hold, a validator that missed the first heights is one fault more until
    // the chain has grown by the hold, and with f Byzantine ones it never does (fresh-validator.test.ts).
    doubleSignCheckHeight: 0,
  },
  mempool: { maxTxs: 1_000, maxBytes: 1024 * 1024, ttlBlocks: 600 },
  sync: { window: 20, requestTimeoutMs: 1_000 },
};

/** Every second seed sends compact proposals, every fourth votes by way of the leader. */
function configOf(seed: number): NodeOptions["config"] {
  const { consensus } = NODE_CONFIG;
  const compactFromBytes = seed % 2 === 0 ? 1 : consensus.compactFromBytes;
  const voteRelay = seed % 4 === 2 ? "leader" : consensus.voteRelay;
  return { ...NODE_CONFIG, consensus: { ...consensus, compactFromBytes, voteRelay } };
}

/** fast: log and sign state in lists. whole: their file formats, on a disk. */
export type SimulationMode = "fast" | "whole";

const DISKS: Readonly<Record<SimulationMode, MachineOptions["newDisks"]>> = {
  fast: (key) => new QuickDisks(key),
  whole: (key, genesisHash) => new FileDisks(key, genesisHash),
};

export interface SimulationOptions {
  /** Default whole. */
  readonly mode?: SimulationMode;
  readonly seed: number;
  readonly nodes?: number;
  readonly heights?: number;
  /** Makes all culprits of one kind. */
  readonly kind?: CulpritKind;
  /** With f + 1, a fork is an outcome and no violation, as long as it is seen. */
  readonly faulty?: "f" | "f+1" | undefined;
  /** Parts of the fault plan that replace the drawn ones. */
  readonly change?: PlanChange | undefined;
  /** A planted bug, to see it found. */
  readonly broken?: BrokenPorts | undefined;
}

export interface SimulationReport extends RunReport {
  /** Payments in the chain. */
  readonly transactions: number;
  /** Validators convicted by evidence in a block. */
  readonly convicted: number;
  /** Processes that ended, by a fault of the plan or of their disk. */
  readonly deaths: number;
}

/** Runs one seed to its end. */
export const simulate = (options: SimulationOptions): SimulationReport =>
  new Simulation(options).run();

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
  /** Machines whose disk was in trouble since their process started. */
  readonly #troubled = new Set<Machine>();
  #target: number;
  /** A height or the target has changed since completeness was last judged. */
  #moved = false;
  #events = 0;
  #transactions = 0;
  #deaths = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const { seed, nodes = 4, heights = 8, kind, faulty, change } = options;
    this.#chain = chainOf(nodes);
    this.#rng = newRng(seed);
    this.#plan = drawFaults({ nodes, kind, faulty, change }, this.#rng);
    this.#target = heights;
    const { nodeIds } = this.#chain;
    const nowMs = () => this.#time.monotonicMs();
    this.#links = new Links(this.#plan, this.#rng, { nodeIds, nowMs });
    this.#hub = new MemoryHub({
      scheduler: this.#time,
      delayMs: (from, to) => this.#links.delayMs(from, to),
    });
    const { culprits } = this.#plan;
    const twins = culprits.filter((culprit) => culprit.kind === "twins");
    const indices = [...nodeIds.keys(), ...twins.map(({ index }) => index)];
    const places = culprits.map(({ index }) => index);
    this.#plot = new Plot(nodeIds, places);
    this.#checks = new Checks(this.#chain, new Set(places), faulty === "f+1");
    this.#machines = indices.map((index, place) => this.#newMachine(index, place));
    this.#honest = this.#machines.filter((machine) => this.#checks.isHonest(machine));
  }

  run(): SimulationReport {
    for (const machine of this.#machines) this.#start(machine);
    this.#schedule();
    const deadlineMs = this.#plan.healAtMs + LIVENESS_BOUND_MS;
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
      if (++this.#events > MAX_EVENTS || this.#time.monotonicMs() > deadlineMs) {
        if (checks.isForked) return this.#report("unsafe", "conflict: nobody saw the fork");
        const heights = this.#machines.map(({ height }) => height).join();
        return this.#report("stuck", `not at height ${this.#target}, but at ${heights}`);
      }
    }
    return this.#report("unsafe", violations[0] ?? "");
  }

  signed: MachineEvents["signed"] = (machine, request) => this.#checks.signs(machine, request);

  committed: MachineEvents["committed"] = (machine, certified, head) => {
    this.#moved = true;
    if (machine === this.#honest[0]) this.#transactions += certified.block.transactions.length;
    this.#checks.commits(machine, certified, head);
  };

  punished: MachineEvents["punished"] = (machine, peerId, reason) =>
    this.#checks.punishes(machine, peerId, reason);

  logged: MachineEvents["logged"] = () => undefined;

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

  #start(machine: Machine): void {
    if (machine.isUp) return;
    if (machine.disks.trouble === undefined) this.#troubled.delete(machine);
    this.#checks.resumes(machine);
    if (this.#options.broken?.forgets === true) machine.disks.forget();
    this.#moved = true;
    machine.start();
  }

  #newMachine(index: number, place: number): Machine {
    const { nodeIds } = this.#chain;
    const addresses = nodeIds.map((id, i) => `${id}@v${i}:1`);
    const isTwin = place >= nodeIds.length;
    const kind = this.#plan.culprits.find((culprit) => culprit.index === index)?.kind;
    const about = { chain: this.#chain, index, time: this.#time, rng: this.#rng, plot: this.#plot };
    const culprit = kind === undefined ? undefined : new Culprit(kind, about);
    const hasAdapter = kind !== "twins" && kind !== "amnesia";
    return new Machine({
      chain: this.#chain,
      index,
      address: isTwin ? `${nodeIds[index]}@twin${index}:1` : (addresses[index] ?? ""),
      peers: addresses.filter((_, other) => other !== index),
      time: this.#time,
      clock: new MachineClock(this.#time, this.#plan.clocks[place] ?? { rate: 1, skewMs: 0 }),
      hub: this.#hub,
      reader: this.#reader,
      newDisks: DISKS[this.#options.mode ?? "whole"],
      config: configOf(this.#options.seed),
      events: this,
      corrupt: hasAdapter ? culprit?.corrupt.bind(culprit) : undefined,
      forgetful: kind === "amnesia",
      broken: this.#options.broken,
    });
  }

  #schedule(): void {
    const { deaths, cuts, troubles, jumps, payments, partitions, forgets } = this.#plan;
    const at = (atMs: number, act: () => void) => this.#time.startTimer(atMs, act);
    const on = (place: number) => this.#machines[place] as Machine;
    for (const { machine, atMs, afterPoints } of deaths) {
      at(atMs, () => on(machine).gate.dieAt(on(machine).gate.passed + afterPoints));
    }
    for (const atMs of this.#plan.powerLossesAtMs) {
      at(atMs, () => this.#machines.forEach((machine) => machine.crash()));
    }
    for (const { atMs, a, b } of cuts) at(atMs, () => on(a).cut(on(b).id));
    for (const { machine, fromMs, toMs, trouble } of troubles) {
      at(fromMs, () => {
        on(machine).disks.trouble = trouble;
        this.#troubled.add(on(machine));
      });
      at(toMs, () => {
        on(machine).disks.trouble = undefined;
      });
    }
    for (const { machine, atMs, byMs } of jumps) {
      at(atMs, () => on(machine).options.clock.jump(byMs));
    }
    for (const { atMs, machine, from, to } of payments) {
      at(atMs, () => on(machine).node?.driver.submit(payment(this.#chain, from, to)));
    }
    for (const partition of partitions) {
      at(partition.fromMs, () => this.#begin(partition));
      at(partition.toMs, () => this.#links.end(partition));
    }
    for (const { index, atMs } of forgets) {
      at(atMs, () => {
        on(index).crash();
        on(index).disks.forget();
      });
    }
    at(this.#plan.healAtMs, () => this.#heal());
  }

  #begin(partition: Partition): void {
    this.#links.begin(partition);
    if (!partition.breaksLinks) return;
    for (const a of this.#machines) {
      for (const b of this.#machines) {
        if (isApart(partition, a.options.index, b.options.index)) a.cut(b.id);
      }
    }
  }

  /** The world behaves from now on; Byzantine validators do not. */
  #heal(): void {
    this.#links.heal();
    for (const machine of this.#machines) {
      machine.gate.dieAt(Infinity);
      machine.disks.trouble = undefined;
      machine.options.clock.discipline(this.#rng.int(2 * DISCIPLINED_MS + 1) - DISCIPLINED_MS);
    }
    const highest = Math.max(...this.#honest.map(({ height }) => height));
    this.#target = Math.max(this.#target, highest + HEIGHTS_AFTER_HEAL);
    this.#moved = true;
  }

  #isComplete(): boolean {
    if (!this.#moved) return false;
    this.#moved = false;
    return this.#honest.every(({ height }) => height >= this.#target);
  }

  #report(outcome: RunReport["outcome"], reason: string): SimulationReport {
    const { culprits } = this.#plan;
    return {
      seed: this.#options.seed,
      outcome,
      reason,
      events: this.#events,
      virtualMs: Math.round(this.#time.monotonicMs()),
      byzantine: culprits.map(({ kind, index }) => `${kind} at ${index}`).join(", ") || "none",
      maxRound: this.#checks.maxRound,
      transactions: this.#transactions,
      convicted: this.#checks.convicted,
      deaths: this.#deaths,
    };
  }
}
