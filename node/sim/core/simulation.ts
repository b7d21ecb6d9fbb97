// One run: builds the world of a seed, moves the virtual clock from event to event, and judges. A run
// is unsafe where a check fails, and stuck where the queue drains or, after all faults have healed,
// the honest nodes do not reach the target height within LIVENESS_BOUND_MS of virtual time.

import type { Input } from "../../src/consensus/api.ts";
import { leaderOrder } from "../../src/consensus/proposer.ts";
import { RULES } from "../../src/consensus/rules.ts";
import { checkInvariants } from "../../src/consensus/state.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import type { ValidatorSet } from "../../src/types/chain.ts";
import { InvariantError } from "../../src/types/errors.ts";
import type { RunReport, SimOptions } from "../command/run-report.ts";
import { newValidators } from "../world/keyring.ts";
import { newRng, type Rng } from "../world/rng.ts";
import { AMNESIA_RULES, corrupt } from "./byzantine.ts";
import { Plot } from "./byzantine-senders.ts";
import { Checks } from "./checks.ts";
import { Clocks } from "./clocks.ts";
import { DRIVER_RULES } from "./driver-rules.ts";
import type { Envelope } from "./envelope.ts";
import { type Chained, EventWheel } from "./event-wheel.ts";
import { type ByzantineValidator, drawFaults, type FaultPlan } from "./nemesis.ts";
import { SimNetwork } from "./network.ts";
import { SimSigner } from "./signer.ts";
import { LAG_CHECK_MS, SimNode } from "./sim-node.ts";
import { stepLines } from "./trace.ts";
import type { World } from "./world.ts";

/** Virtual time after healing within which all honest nodes must reach the target. */
export const LIVENESS_BOUND_MS = 60_000;
/** Heights that must still be decided after healing. */
export const HEIGHTS_AFTER_HEAL = 2;
const MAX_EVENTS = 400_000;
/** From a decision to the start of the next height. */
const PACE_MS = 5;
const START_MS = 1_700_000_000_000;
/** A message that is held arrives this long before the receiver's timeout. */
const JUST_BEFORE_MS = 1;

interface SimEvent extends Chained<SimEvent> {
  atMs: number;
  seq: number;
  readonly kind: "frame" | "timer" | "lag" | "crash" | "restart" | "heal";
  readonly process: number;
  from: number;
  life: number;
  envelope: Envelope | undefined;
  input: Input | undefined;
  afterEffects: number;
  next: SimEvent | undefined;
}

/** All events have one shape, whatever they carry: the queue stays monomorphic. */
const newEvent = (kind: SimEvent["kind"], process: number): SimEvent => ({
  atMs: 0,
  seq: 0,
  kind,
  process,
  from: 0,
  life: 0,
  envelope: undefined,
  input: undefined,
  afterEffects: 0,
  next: undefined,
});

/** Runs one seed to its end. Same options, same report. */
export const simulate = (options: SimOptions): RunReport => new Simulation(options).run();

class Simulation implements World {
  readonly validators;
  readonly leaderOrder;
  readonly processes: number;
  readonly checks: Checks;
  readonly rng: Rng;
  readonly plot: Plot;
  readonly isDeep: boolean;
  readonly stepped: World["stepped"];
  private readonly options: SimOptions;
  private readonly plan: FaultPlan;
  private readonly twins: readonly ByzantineValidator[];
  private readonly network: SimNetwork;
  private readonly clocks: Clocks;
  private readonly queue = new EventWheel<SimEvent>();
  private readonly nodes: readonly SimNode[];
  private readonly honest: readonly SimNode[];
  private now = 0;
  private seq = 0;
  private events = 0;
  private target: number;
  /** Events in the queue that are not lag checks. */
  private underWay = 0;
  private lastProgressMs = 0;
  /** Decisions made when the target was last compared with the chains. */
  private decidedSeen = 0;

  constructor(options: SimOptions) {
    this.options = options;
    const { seed, nodes = 4, kind, faulty, change, trace } = options;
    this.isDeep = options.deep === true;
    this.stepped =
      trace === undefined
        ? undefined
        : (process, input, effects) =>
            stepLines({ process, nowMs: this.now }, input, effects).forEach(trace);
    this.rng = newRng(seed);
    this.plan = drawFaults({ nodes, kind, faulty, change }, this.rng);
    this.validators = newValidators(nodes);
    this.leaderOrder = orderOf(this.validators, seed % ORDERS);
    const { byzantine } = this.plan;
    this.twins = byzantine.filter((culprit) => culprit.kind === "twins");
    this.processes = nodes + this.twins.length;
    const culprits = new Set(byzantine.map(({ index }) => index));
    this.checks = new Checks(this.validators, culprits, faulty === "f+1");
    this.network = new SimNetwork(this.plan, this.processes, this.rng);
    this.clocks = new Clocks(this.plan.clocks);
    this.plot = new Plot(this.processes, byzantine.length, this.rng);
    this.target = options.heights ?? 8;
    this.nodes = Array.from({ length: this.processes }, (_, process) => this.newNode(process));
    this.honest = this.nodes.filter((node) => !culprits.has(node.options.index));
  }

  run(): RunReport {
    try {
      return this.runEvents();
    } catch (cause) {
      if (!(cause instanceof InvariantError)) throw cause;
      // The driver's answer to a broken invariant is to stop: right beyond f faults, wrong within.
      const outcome = this.options.faulty === "f+1" ? "halted" : "unsafe";
      return this.report(outcome, `invariant: ${cause.message}`);
    }
  }

  private runEvents(): RunReport {
    for (const node of this.nodes) node.start();
    for (const crash of this.plan.crashes) {
      const event = newEvent("crash", crash.process);
      event.afterEffects = crash.afterEffects;
      this.put(event, crash.atMs);
    }
    this.put(newEvent("heal", 0), this.plan.healAtMs);
    const deadlineMs = this.plan.healAtMs + LIVENESS_BOUND_MS;
    while (this.checks.violations.length === 0) {
      const { conflict, isForked } = this.checks;
      if (conflict !== undefined) return this.report("forked", conflictLine(conflict));
      if (!isForked && this.isComplete()) return this.report("ok", "");
      const event = this.queue.pop();
      if (event === undefined || this.isDrained(event)) {
        return this.report("stuck", "the event queue drained");
      }
      if (event.atMs > deadlineMs || this.events >= MAX_EVENTS) {
        const late = `not at height ${this.target} after ${Math.round(this.now)} ms`;
        if (isForked) return this.report("unsafe", `conflict: nobody saw the fork; ${late}`);
        return this.report("stuck", late);
      }
      this.now = event.atMs;
      this.events++;
      this.handle(event);
    }
    return this.report("unsafe", this.checks.violations[0] ?? "");
  }

  clockMs(process: number): number {
    return Math.floor(START_MS + this.now + this.clocks.offsetMs(process, this.now));
  }

  send(from: number, to: number, envelope: Envelope): void {
    const count = this.network.deliver(from, to, envelope, this.now);
    for (let i = 0; i < count; i++) {
      this.putFrame(from, to, envelope, this.network.arrivalsMs[i] ?? 0);
    }
  }

  sendLate(from: number, to: number, envelope: Envelope): void {
    const count = this.network.deliver(from, to, envelope, this.now);
    if (count === 0) return;
    const [arrivesMs] = this.network.arrivalsMs;
    const timeoutMs = (this.nodes[to]?.timeoutAtMs ?? 0) - this.now - JUST_BEFORE_MS;
    this.putFrame(from, to, envelope, Math.max(arrivesMs, timeoutMs));
  }

  startTimer(process: number, delayMs: number, input: Input): number {
    const event = newEvent("timer", process);
    event.input = input;
    event.life = this.nodes[process]?.life ?? 0;
    this.put(event, this.clocks.timeoutMs(process, delayMs));
    return event.atMs;
  }

  startLagTimer(process: number, delayMs: number): void {
    const event = newEvent("lag", process);
    event.life = this.nodes[process]?.life ?? 0;
    this.put(event, delayMs);
  }

  crashed(process: number): void {
    const planned = this.plan.crashes.find((crash) => crash.process === process);
    this.put(newEvent("restart", process), planned?.downMs ?? 0);
  }

  private putFrame(from: number, to: number, envelope: Envelope, delayMs: number): void {
    const event = newEvent("frame", to);
    event.from = from;
    event.envelope = envelope;
    this.put(event, delayMs);
  }

  private put(event: SimEvent, delayMs: number): void {
    if (event.kind !== "lag") this.underWay++;
    event.atMs = this.now + delayMs;
    event.seq = this.seq++;
    this.queue.push(event);
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
    if (this.isDeep && node.isUp) checkInvariants(node.state);
  }

  private heal(): void {
    this.network.heal();
    this.clocks.heal();
    for (const node of this.nodes) node.effectsUntilCrash = undefined;
    const highest = Math.max(...this.honest.map(({ chain }) => chain.length));
    this.target = Math.max(this.target, highest + HEIGHTS_AFTER_HEAL);
  }

  /** Nothing has been under way for two lag checks of every node: nothing ever will be. */
  private isDrained(event: SimEvent): boolean {
    if (event.kind !== "lag") {
      this.lastProgressMs = event.atMs;
      this.underWay--;
    }
    return this.underWay === 0 && event.atMs > this.lastProgressMs + 2 * LAG_CHECK_MS;
  }

  /** Looks again only after somebody has decided. */
  private isComplete(): boolean {
    if (this.checks.decided === this.decidedSeen) return false;
    this.decidedSeen = this.checks.decided;
    for (const node of this.honest) if (node.chain.length < this.target) return false;
    return true;
  }

  private newNode(process: number): SimNode {
    const { byzantine, params } = this.plan;
    const index = this.twins[process - this.validators.length]?.index ?? process;
    const kind = byzantine.find((culprit) => culprit.index === index)?.kind;
    const publicKey = this.validators[index]?.publicKey;
    if (publicKey === undefined) throw new Error("every process has a validator key");
    const signer = new SimSigner(publicKey, kind === undefined, ({ height, round, step }) =>
      this.checks.report(`double sign: validator ${index} asked twice, ${height}/${round}/${step}`),
    );
    const { rules: honestRules = RULES, driver: honestDriver = DRIVER_RULES } = this.options;
    const node = new SimNode(
      {
        process,
        index,
        params,
        rules: kind === "amnesia" ? AMNESIA_RULES : kind === undefined ? honestRules : RULES,
        driver: kind === undefined ? honestDriver : DRIVER_RULES,
        signer,
        paceMs: PACE_MS,
        watchesForks: this.options.faulty === "f+1",
      },
      this,
    );
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
      byzantine: byzantine.map(({ kind, index }) => `${kind} at ${index}`).join(", ") || "none",
      maxRound: this.checks.maxRound,
    };
  }
}

/** Who is to answer for a fork. */
export const conflictLine = (conflict: NonNullable<Checks["conflict"]>): string =>
  conflict.kind === "sameRound"
    ? `same round; culprits ${conflict.culprits.join(", ")}`
    : `two rounds; suspects ${conflict.suspects.join(", ")}`;

/** Leader orders in use; hashing one anew for each run would cost as much as thirty steps. */
const ORDERS = 64;
const orders = new Map<number, readonly number[]>();

function orderOf(validators: ValidatorSet, draw: number): readonly number[] {
  const key = validators.length * ORDERS + draw;
  let order = orders.get(key);
  if (order === undefined) {
    order = leaderOrder(validators, new Uint8Array(32).fill(draw), sha256);
    orders.set(key, order);
  }
  return order;
}
