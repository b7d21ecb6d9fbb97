// The one input queue around the core: log the input, step, perform its effects, in that order. An
// effect that leaves the process waits for the WAL (persist -> sign -> send), which is why the log is
// synced before the first such effect of an input. There is no await in here, so inputs never interleave.
// Only what changes the state is logged (wal-news.ts), so that a height that stands still keeps a log of
// bounded size.
//
// Bound: the queue holds what one input's effects feed back (own messages) plus what arrives while a
// block is being written; MAX_QUEUED is a broken invariant, not back-pressure, since the gate in front
// admits only messages of the current height.

import type { ConsensusParams, Effect, Input, TimedInput } from "../consensus/api.ts";
import { type ConsensusState, initialState } from "../consensus/state.ts";
import { step } from "../consensus/step.ts";
import type { Clock, Metrics, Wal } from "../ports.ts";
import { invariant } from "../types/errors.ts";
import { isNews, takeApart, VoteBudget } from "./wal-news.ts";
import { encodeWalRecord } from "./wal-record.ts";

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

export class CoreLoop {
  readonly #clock: Clock;
  readonly #wal: Wal;
  readonly #metrics: Metrics;
  readonly #perform: (effect: Effect) => void;
  readonly #onNews: (input: Input) => void;
  readonly #queue: TimedInput[] = [];
  readonly #voteBudget = new VoteBudget();
  #state: ConsensusState;
  #draining = false;
  #failed = false;

  constructor(
    ports: { clock: Clock; wal: Wal; metrics: Metrics },
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
    this.#perform = on.perform;
    this.#onNews = on.news;
    this.#state = initialState(params);
  }

  /** The core's state, for status only: never change it. */
  get state(): ConsensusState {
    return this.#state;
  }

  /** Queues an input and, unless an input is being worked on already, works until none is left. */
  feed(input: Input): void {
    invariant(this.#queue.length < MAX_QUEUED, `more than ${MAX_QUEUED} consensus inputs wait`);
    this.#queue.push({ nowMs: this.#clock.nowMs(), input });
    if (!this.#draining) this.#drain();
  }

  /** Steps through a logged input without logging it again; the effects are the caller's to judge. */
  replay(timed: TimedInput): readonly Effect[] {
    return this.#step(timed);
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
    for (const part of takeApart(this.#state, input)) this.#take({ nowMs, input: part });
  }

  #take(timed: TimedInput): void {
    invariant(!this.#failed, "an input arrived after the core had failed");
    const { input } = timed;
    const isNew = isNews(this.#state, input);
    if (isNew) {
      if (input.type === "vote" && !this.#voteBudget.take(this.#state, input.vote)) return;
      const record = encodeWalRecord(timed);
      if (record !== undefined) this.#wal.append(record);
    }
    const effects = this.#step(timed);
    if (effects.some((effect) => LEAVES.has(effect.type))) this.#sync();
    for (const effect of effects) this.#perform(effect);
    if (isNew) this.#onNews(input);
  }

  #sync(): void {
    const startedAtMs = this.#clock.monotonicMs();
    this.#wal.sync();
    this.#metrics.observe("wal_fsync_seconds", (this.#clock.monotonicMs() - startedAtMs) / 1_000);
  }

  #step(timed: TimedInput): readonly Effect[] {
    if (timed.input.type === "enterHeight") this.#voteBudget.reset();
    const { state, effects } = step(this.#state, timed);
    this.#state = state;
    return effects;
  }
}
