// One run: builds the world of a seed, moves the virtual clock from event to event, and judges. A run
// is unsafe where a check fails, and stuck where the queue drains or, after all faults have healed,
// the honest nodes do not reach the target height within LIVENESS_BOUND_MS of virtual time.

import type { Input } from "../src/consensus/api.ts";
import { leaderOrder } from "../src/consensus/proposer.ts";
import { RULES, type Rules } from "../src/consensus/rules.ts";
import { checkInvariants } from "../src/consensus/state.ts";
import { sha256 } from "../src/crypto/hash.ts";
import { AMNESIA_RULES, type ByzantineKind, corrupt } from "./byzantine.ts";
import { Checks } from "./checks.ts";
import type { Envelope } from "./envelope.ts";
import { EventQueue, type Scheduled } from "./event-queue.ts";
import { newValidators } from "./keyring.ts";
import { drawFaults, type FaultPlan } from "./nemesis.ts";
import { SimNetwork } from "./network.ts";
import { newRng, type Rng } from "./rng.ts";
import { SimSigner } from "./signer.ts";
import { SimNode } from "./sim-node.ts";
import type { World } from "./world.ts";

/** Virtual time after healing within which all honest nodes must reach the target. */
export const LIVENESS_BOUND_MS = 60_000;
/** Heights that must still be decided after healing. */
export const HEIGHTS_AFTER_HEAL = 2;
const MAX_EVENTS = 400_000;
const START_MS = 1_700_000_000_000;

export interface SimOptions {
  readonly seed: number;
  readonly nodes?: number;
  readonly heights?: number;
  readonly kind?: ByzantineKind;
  /** The honest nodes' rules: anything but RULES is a planted bug. */
  readonly rules?: Rules;
  /** Check the core's own invariants too, after every event. */
  readonly deep?: boolean;
}

export interface RunReport {
  readonly seed: number;
  readonly outcome: "ok" | "unsafe" | "stuck";
  readonly reason: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly byzantine: string;
  /** Highest round any honest node entered. */
  readonly maxRound: number;
}

interface SimEvent extends Scheduled {
  readonly kind: "frame" | "timer" | "lag" | "crash" | "restart" | "heal";
  readonly process: number;
  readonly from: number;
  readonly life: number;
  readonly envelope: Envelope | undefined;
  readonly input: Input | undefined;
  readonly afterEffects: number;
}

/** Runs one seed to its end. Same options, same report. */
export const simulate = (options: SimOptions): RunReport => new Simulation(options).run();

class Simulation implements World {
  readonly validators;
  readonly leaderOrder;
  readonly processes: number;
  readonly checks: Checks;
  readonly rng: Rng;
  private readonly options: SimOptions;
  private readonly plan: FaultPlan;
  private readonly network: SimNetwork;
  private readonly queue = new EventQueue<SimEvent>();
  private readonly nodes: readonly SimNode[];
  private readonly honest: readonly SimNode[];
  private now = 0;
  private seq = 0;
  private events = 0;
  private target: number;
  private maxRound = 0;

  constructor(options: SimOptions) {
    this.options = options;
    const count = options.nodes ?? 4;
    this.rng = newRng(options.seed);
    this.plan = drawFaults(count, this.rng, options.kind);
    this.validators = newValidators(count);
    this.leaderOrder = leaderOrder(this.validators, seedBytes(options.seed), sha256);
    this.processes = count + (this.plan.byzantine?.kind === "twins" ? 1 : 0);
    this.checks = new Checks(this.validators, this.plan.byzantine?.index);
    this.network = new SimNetwork(this.plan.profile, this.plan.partitions, this.rng);
    this.target = options.heights ?? 8;
    this.nodes = Array.from({ length: this.processes }, (_, process) => this.newNode(process));
    this.honest = this.nodes.filter(({ options }) => options.index !== this.plan.byzantine?.index);
  }

  run(): RunReport {
    for (const node of this.nodes) node.start();
    for (const crash of this.plan.crashes) {
      this.put(
        { kind: "crash", process: crash.process, afterEffects: crash.afterEffects },
        crash.atMs,
      );
    }
    this.put({ kind: "heal" }, this.plan.healAtMs);
    const deadlineMs = this.plan.healAtMs + LIVENESS_BOUND_MS;
    while (this.checks.violations.length === 0) {
      if (this.isComplete()) return this.report("ok", "");
      const event = this.queue.pop();
      if (event === undefined) return this.report("stuck", "the event queue drained");
      if (event.atMs > deadlineMs || this.events >= MAX_EVENTS) {
        return this.report(
          "stuck",
          `not at height ${this.target} after ${Math.round(this.now)} ms`,
        );
      }
      this.now = event.atMs;
      this.events++;
      this.handle(event);
    }
    return this.report("unsafe", this.checks.violations[0] ?? "");
  }

  nowMs(): number {
    return START_MS + this.now;
  }

  send(from: number, to: number, envelope: Envelope): void {
    this.network.deliver(from, to, this.now, (delayMs) =>
      this.put({ kind: "frame", process: to, from, envelope }, delayMs),
    );
  }

  startTimer(process: number, delayMs: number, input: Input): void {
    this.put({ kind: "timer", process, input, life: this.nodes[process]?.life ?? 0 }, delayMs);
  }

  startLagTimer(process: number, delayMs: number): void {
    this.put({ kind: "lag", process, life: this.nodes[process]?.life ?? 0 }, delayMs);
  }

  crashed(process: number): void {
    const planned = this.plan.crashes.find((crash) => crash.process === process);
    this.put({ kind: "restart", process }, planned?.downMs ?? 0);
  }

  private put(event: Partial<SimEvent> & Pick<SimEvent, "kind">, delayMs: number): void {
    this.queue.push({
      atMs: this.now + delayMs,
      seq: this.seq++,
      kind: event.kind,
      process: event.process ?? 0,
      from: event.from ?? 0,
      life: event.life ?? 0,
      envelope: event.envelope,
      input: event.input,
      afterEffects: event.afterEffects ?? 0,
    });
  }

  private handle(event: SimEvent): void {
    const node = this.nodes[event.process];
    if (node === undefined) return;
    switch (event.kind) {
      case "frame":
        if (node.isUp && event.envelope !== undefined) node.receive(event.from, event.envelope);
        break;
      case "timer":
        if (node.isUp && node.life === event.life && event.input !== undefined)
          node.fire(event.input);
        break;
      case "lag":
        if (node.isUp && node.life === event.life) node.lag();
        return;
      case "crash":
        if (node.isUp) node.effectsUntilCrash = event.afterEffects;
        return;
      case "restart":
        if (!node.isUp) node.start();
        break;
      case "heal":
        this.heal();
        return;
      default:
        throw new Error(`unknown event ${String(event.kind satisfies never)}`);
    }
    if (node.state.round > this.maxRound) this.maxRound = node.state.round;
    if (this.options.deep === true && node.isUp) checkInvariants(node.state);
  }

  private heal(): void {
    this.network.heal();
    for (const node of this.nodes) node.effectsUntilCrash = undefined;
    const highest = Math.max(...this.honest.map(({ chain }) => chain.length));
    this.target = Math.max(this.target, highest + HEIGHTS_AFTER_HEAL);
  }

  private isComplete(): boolean {
    for (const node of this.honest) if (node.chain.length < this.target) return false;
    return true;
  }

  private newNode(process: number): SimNode {
    const { byzantine, params, skewsMs } = this.plan;
    const isTwin = process >= this.validators.length;
    const index = isTwin ? (byzantine?.index ?? 0) : process;
    const kind = index === byzantine?.index ? byzantine.kind : undefined;
    const publicKey = this.validators[index]?.publicKey;
    if (publicKey === undefined) throw new Error("every process has a validator key");
    const signer = new SimSigner(publicKey, kind === undefined, ({ height, round, step }) =>
      this.checks.report(`double sign: validator ${index} asked twice, ${height}/${round}/${step}`),
    );
    const honestRules = this.options.rules ?? RULES;
    const rules = kind === "amnesia" ? AMNESIA_RULES : kind === undefined ? honestRules : RULES;
    const skewMs = skewsMs[process] ?? 0;
    const node = new SimNode({ process, index, params, rules, signer, skewMs, paceMs: 5 }, this);
    if (kind !== undefined) node.outbound = corrupt(kind, node, this);
    return node;
  }

  private report(outcome: RunReport["outcome"], reason: string): RunReport {
    const { byzantine } = this.plan;
    return {
      seed: this.options.seed,
      outcome,
      reason,
      events: this.events,
      virtualMs: Math.round(this.now),
      byzantine: byzantine === undefined ? "none" : `${byzantine.kind} at ${byzantine.index}`,
      maxRound: this.maxRound,
    };
  }
}

function seedBytes(seed: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setFloat64(0, seed);
  return bytes;
}
