// The one input queue around the core: step, log the input, perform its effects, in that order. Stepping
// changes nothing but memory. An effect that leaves the process waits for the log (persist -> sign ->
// send), which is why the log is synced before the first such effect of an input. There is no await in
// here, so inputs never interleave. Only an input that changed the state is logged, so that a height that
// stands still keeps a log of bounded size (wal-news.ts). Where it gets too large all the same, nothing is
// signed any more at the height (height-log.ts).
//
// Bound: the queue holds what one input's effects feed back (own messages) plus what arrives while a
// block is being written; MAX_QUEUED is a broken invariant, not back-pressure, since the gate in front
// admits only messages of the current height.

import type { ConsensusParams, Effect, Input, TimedInput } from "../../consensus/api.ts";
import { CoreView } from "../../consensus/core-view.ts";
import { type ConsensusState, initialState } from "../../consensus/state.ts";
import { type StepResult, step } from "../../consensus/step.ts";
import type { Clock, Log, Metrics, Wal } from "../../ports.ts";
import { invariant } from "../../types/errors.ts";
import { HeightLog } from "./height-log.ts";
import { takeApart, VoteBudget } from "./wal-news.ts";

const MAX_QUEUED = 10_000;

/** Effects after which something leaves the process: the input behind them must be durable first. */
const LEAVES: ReadonlySet<Effect["type"]> = new Set([
  "signProposal",
  "signVote",
  "broadcastCertificate",
  "broadcastRoundCertificate",
  "rebroadcast",
  "decide",
]);

const SIGNS: ReadonlySet<Effect["type"]> = new Set(["signProposal", "signVote"]);

export class CoreLoop {
  /** What the core holds; the state itself is nobody's else. */
  readonly view = new CoreView(() => this.#state);
  readonly #clock: Clock;
  readonly #wal: Wal;
  readonly #metrics: Metrics;
  readonly #perform: (effect: Effect) => void;
  readonly #onNews: (input: Input) => void;
  readonly #queue: TimedInput[] = [];
  readonly #heightLog: HeightLog;
  readonly #voteBudget = new VoteBudget();
  #state: ConsensusState;
  #draining = false;
  #failed = false;

  constructor(
    ports: { clock: Clock; wal: Wal; metrics: Metrics; log: Log; maxLogBytes?: number },
    params: ConsensusParams,
    on: {
      readonly perform: (effect: Effect) => void;
      /** An input that changed the state, after its effects. */
      readonly news: (input: Input) => void;
    },
  ) {
    this.#clock = ports.clock;
    this.#wal = ports.wal;
    this.#metrics = ports.metrics;
    this.#heightLog = new HeightLog(ports);
    this.#perform = on.perform;
    this.#onNews = on.news;
    this.#state = initialState(params);
  }

  /** Why nothing is signed at the height in progress; undefined where it may be. */
  get refusal(): string | undefined {
    return this.#heightLog.isFull
      ? "the write-ahead log of this height is full: it signs again from the next height on"
      : undefined;
  }

  /** Queues an input and, unless an input is being worked on already, works until none is left. */
  feed(input: Input): void {
    invariant(this.#queue.length < MAX_QUEUED, `more than ${MAX_QUEUED} consensus inputs wait`);
    this.#queue.push({ nowMs: this.#clock.nowMs(), input });
    if (!this.#draining) this.#drain();
  }

  /** The input of the next record of the log of this height. */
  read(record: Uint8Array): TimedInput {
    return this.#heightLog.read(record);
  }

  /** Steps through a logged input without logging it again; the effects are the caller's to judge. */
  replay(timed: TimedInput): readonly Effect[] {
    return this.#step(timed).effects;
  }

  #drain(): void {
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#handle(next);
      }
    } catch (error) {
      this.#failed = true;
      throw error;
    } finally {
      this.#draining = false;
    }
  }

  #handle({ nowMs, input }: TimedInput): void {
    for (const part of takeApart(this.view, input)) this.#take({ nowMs, input: part });
  }

  #take(timed: TimedInput): void {
    invariant(!this.#failed, "an input arrived after the core had failed");
    const { input } = timed;
    if (!this.#mayLog(input)) return;
    const { effects, changed } = this.#step(timed);
    if (changed) this.#log(timed);
    if (effects.some((effect) => LEAVES.has(effect.type))) this.#sync();
    for (const effect of effects) {
      if (!this.#heightLog.isFull || !SIGNS.has(effect.type)) this.#perform(effect);
    }
    if (changed) this.#onNews(input);
  }

  #mayLog(input: Input): boolean {
    if (input.type !== "vote") return true;
    return this.#voteBudget.allows(input.vote.validatorIndex, this.#state.round);
  }

  /** Before any effect of the input is performed. */
  #log(timed: TimedInput): void {
    const { input } = timed;
    if (input.type === "vote") this.#voteBudget.logged(input.vote.validatorIndex);
    this.#heightLog.append(timed);
  }

  #sync(): void {
    const startedAtMs = this.#clock.monotonicMs();
    this.#wal.sync();
    this.#metrics.observe("wal_fsync_seconds", (this.#clock.monotonicMs() - startedAtMs) / 1_000);
  }

  #step(timed: TimedInput): StepResult {
    if (timed.input.type === "enterHeight") {
      this.#voteBudget.reset();
      this.#heightLog.begin();
    }
    const result = step(this.#state, timed);
    this.#state = result.state;
    return result;
  }
}
