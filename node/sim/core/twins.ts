// Twins, systematically: four validators, one of whose keys runs twice, so that the unmodified core is the
// Byzantine node. In each round of the scenario a process reaches only its own group with what it says,
// until it says it again (T_rebroadcast): so a partition shapes the round, and cannot stand for ever. After
// the last round of the scenario, and above the first height, nobody is kept apart. The checks are those of every other run; stuck is
// where the honest three do not decide in time. Same options, same report.

import type { ConsensusParams, Input } from "../../src/consensus/api.ts";
import { RULES } from "../../src/consensus/rules.ts";
import { rebroadcastMs } from "../../src/consensus/timeouts.ts";
import { InvariantError } from "../../src/types/errors.ts";
import type { RunReport, SimOptions } from "../command/run-report.ts";
import {
  showTwins,
  TWINS_ROUNDS,
  TWINS_VALIDATORS,
  twinsScenario,
} from "../modes/twins-scenario.ts";
import { EventQueue, type Scheduled } from "../timing/event-queue.ts";
import { newValidators } from "../world/keyring.ts";
import { newRng, type Rng } from "../world/rng.ts";
import { Plot } from "./byzantine-senders.ts";
import { Checks } from "./checks.ts";
import { DRIVER_RULES } from "./driver-rules.ts";
import type { Envelope } from "./envelope.ts";
import { SimSigner } from "./signer.ts";
import { SimNode } from "./sim-node.ts";
import { stepLines } from "./trace.ts";
import type { World } from "./world.ts";

/** The key that runs twice. */
const TWIN = 0;
const START_MS = 1_700_000_000_000;
const LEAST_DELAY_MS = 8;
const JITTER_MS = 4;
const DEADLINE_MS = 30_000;
const PARAMS: ConsensusParams = {
  timeoutProposeMs: 100,
  timeoutVoteMs: 50,
  timeoutGrowth: 1.2,
  maxTimeoutMs: 1_000,
  precisionMs: 500,
  messageDelayMs: 500,
};

export type TwinsOptions = Pick<SimOptions, "seed" | "rules" | "driver" | "trace">;

/** Runs the scenario of a seed until the honest three have decided a height. */
export const simulateTwins = (options: TwinsOptions): RunReport => new TwinsRun(options).run();

interface TwinsEvent extends Scheduled {
  readonly run: () => void;
}

class TwinsRun implements World {
  readonly validators = newValidators(TWINS_VALIDATORS);
  readonly processes = TWINS_VALIDATORS + 1;
  readonly checks = new Checks(this.validators, new Set([TWIN]));
  readonly isDeep = false;
  readonly leaderOrder: readonly number[];
  readonly rng: Rng;
  readonly plot: Plot;
  readonly stepped: World["stepped"];
  private readonly options: TwinsOptions;
  private readonly scenario;
  private readonly queue = new EventQueue<TwinsEvent>();
  private readonly nodes: readonly SimNode[];
  /** By process: until when what it says stays in its group. */
  private readonly apartUntilMs: number[] = [];
  private now = 0;
  private seq = 0;
  private events = 0;

  constructor(options: TwinsOptions) {
    this.options = options;
    const { seed, trace } = options;
    this.rng = newRng(seed);
    this.plot = new Plot(this.processes, 1, this.rng);
    this.scenario = twinsScenario(seed);
    // leaderOrder[(height + round) mod 7] leads, and the height is 1.
    const { leaders } = this.scenario;
    this.leaderOrder = leaders.map((_, place) => leaders.at(place - 1) ?? 0);
    this.stepped =
      trace === undefined
        ? undefined
        : (process, input, effects) =>
            stepLines({ process, nowMs: this.now }, input, effects).forEach(trace);
    this.nodes = Array.from({ length: this.processes }, (_, process) => this.newNode(process));
  }

  run(): RunReport {
    try {
      for (const node of this.nodes) node.start();
      return this.runEvents();
    } catch (cause) {
      if (!(cause instanceof InvariantError)) throw cause;
      return this.report("unsafe", `invariant: ${cause.message}`);
    }
  }

  clockMs(): number {
    return START_MS + Math.floor(this.now);
  }

  send(from: number, to: number, envelope: Envelope): void {
    if (this.isApart(from, to)) return;
    const node = this.nodes[to];
    this.after(LEAST_DELAY_MS + this.rng.int(JITTER_MS + 1), () => node?.receive(from, envelope));
  }

  sendLate(from: number, to: number, envelope: Envelope): void {
    this.send(from, to, envelope);
  }

  startTimer(process: number, delayMs: number, input: Input): number {
    this.after(delayMs, () => this.nodes[process]?.fire(input));
    return this.now + delayMs;
  }

  startLagTimer(process: number, delayMs: number): void {
    this.after(delayMs, () => this.nodes[process]?.lag());
  }

  /** Nobody crashes here. */
  crashed(): void {
    this.checks.report("a process crashed");
  }

  private runEvents(): RunReport {
    const honest = this.nodes.filter(({ options }) => options.index !== TWIN);
    const { violations } = this.checks;
    while (violations.length === 0) {
      if (honest.every(({ chain }) => chain.length > 0)) return this.report("ok", "");
      const event = this.queue.pop();
      if (event === undefined || event.atMs > DEADLINE_MS) {
        return this.report("stuck", `nothing decided after ${Math.round(this.now)} ms`);
      }
      this.now = event.atMs;
      this.events++;
      event.run();
    }
    return this.report("unsafe", violations[0] ?? "");
  }

  private isApart(from: number, to: number): boolean {
    const sender = this.nodes[from];
    const isOver = sender === undefined || sender.chain.length > 0;
    if (isOver || this.now >= (this.apartUntilMs[from] ?? 0)) return false;
    const groups = this.scenario.groups[sender.state.round];
    return groups !== undefined && groups[from] !== groups[to];
  }

  private entered(process: number, round: number): void {
    const saidAgainMs = rebroadcastMs({ params: PARAMS, context: {} }, round);
    this.apartUntilMs[process] = round < TWINS_ROUNDS ? this.now + saidAgainMs : 0;
  }

  private after(delayMs: number, run: () => void): void {
    this.queue.push({ atMs: this.now + delayMs, seq: this.seq++, run });
  }

  private newNode(process: number): SimNode {
    const index = process % TWINS_VALIDATORS;
    const publicKey = this.validators[index]?.publicKey;
    if (publicKey === undefined) throw new Error("every process has a validator key");
    const { rules = RULES, driver = DRIVER_RULES } = this.options;
    const isHonest = index !== TWIN;
    const node = new SimNode(
      {
        process,
        index,
        params: PARAMS,
        rules: isHonest ? rules : RULES,
        driver: isHonest ? driver : DRIVER_RULES,
        signer: new SimSigner(publicKey, true, ({ height, round, step }) =>
          this.checks.report(`double sign: validator ${index}, ${height}/${round}/${step}`),
        ),
        paceMs: 1,
        watchesForks: false,
      },
      this,
    );
    node.outbound = { ...node.outbound, round: (_height, round) => this.entered(process, round) };
    return node;
  }

  private report(outcome: RunReport["outcome"], reason: string): RunReport {
    return {
      seed: this.options.seed,
      outcome,
      reason,
      events: this.events,
      virtualMs: Math.round(this.now),
      byzantine: `0 and its twin; ${showTwins(this.scenario)}`,
      maxRound: this.checks.maxRound,
    };
  }
}
