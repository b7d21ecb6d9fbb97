// The shell around the core: it feeds the core, performs its effects, moves the chain, and keeps the
// node in step with its peers. Synchronous throughout: every entry (a frame, a timer, a finished write,
// a transaction) runs to its end before the next, so a run is a function of its inputs, and a simulator
// can drive this very class on the in-memory adapters.
//
// A broken invariant or a disk error ends in onFatal: the process must stop; the WAL and the sign state
// make the next start safe.

import type { HeightContext } from "../consensus/api.ts";
import type { CoreView } from "../consensus/core-view.ts";
import type { Peer, Timer } from "../ports.ts";
import type { CertifiedBlock, HashHex, Transaction } from "../types/chain.ts";
import type { Result } from "../types/errors.ts";
import type { DecidedBlock } from "./chain/block-run.ts";
import { CommitMeter } from "./chain/measure-commit.ts";
import type { CoreLoop } from "./core/core-loop.ts";
import { replayLog } from "./core/replay.ts";
import type { ConsensusTimers, FiredTimeout } from "./core/timers.ts";
import type { DriverOptions } from "./driver-options.ts";
import type { CatchUp } from "./effects/catch-up.ts";
import type { Effects } from "./effects/effects.ts";
import type { PeerBook } from "./peers/peer-book.ts";
import type { Written } from "./watches/block-repair.ts";
import { type Course, connectParts, type Intake, type Links, type Watches } from "./wiring.ts";

const TICK_MS = 500;
/** Every so many ticks each peer is pinged and told our height and further addresses. */
const TICKS_PER_GREETING = 10;

export class Driver {
  readonly peers: PeerBook;
  readonly #options: DriverOptions;
  readonly #loop: CoreLoop;
  readonly #timers: ConsensusTimers;
  readonly #links: Links;
  readonly #watches: Watches;
  readonly #course: Course;
  readonly #catchUp: CatchUp;
  readonly #effects: Effects;
  readonly #intake: Intake;
  readonly #meter: CommitMeter;
  #tickTimer: Timer | undefined;
  #ticks = 0;
  #committing = false;
  #whenIdle: (() => void) | undefined;
  #stopped = false;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#meter = new CommitMeter(options);
    const parts = connectParts(options, {
      guard: (work) => this.#guard(work),
      timeout: (fired) => this.#timeout(fired),
      written: this.#written,
      decide: (certified, blockHash) => this.#decide(certified, blockHash),
      compared: () => this.#compare(),
    });
    this.#loop = parts.loop;
    this.#timers = parts.timers;
    this.#links = parts.links;
    this.#watches = parts.watches;
    this.#course = parts.course;
    this.#catchUp = parts.catchUp;
    this.#effects = parts.effects;
    this.#intake = parts.intake;
    this.peers = parts.links.peers;
  }

  /** The height in progress, for the status. */
  get core(): CoreView {
    return this.#loop.view;
  }

  /** From which height on it may sign, why not the one in progress, and how far the clock is off. */
  get signing() {
    const { chain, hold } = this.#options;
    const held = hold.refusal(chain.head.height + 1);
    const { advice } = this.#watches.standstill;
    const refusal =
      held === undefined || advice === undefined
        ? (held ?? this.#loop.refusal)
        : `${held}; ${advice}`;
    return { fromHeight: hold.signsFrom, refusal, clockOffsetMs: this.#watches.clocks.offsetMs };
  }

  /** Replays the height in progress, then opens the links. */
  start(): void {
    this.#guard(() => {
      this.#replay();
      this.#options.transport.start({
        connected: (peer) => this.#guard(() => this.#intake.messages.connected(peer)),
        disconnected: (peer) =>
          this.#guard(() => {
            this.#intake.order.disconnected(peer);
            this.#intake.messages.disconnected(peer);
          }),
        frame: (peer, frame) => this.#guard(() => this.#frame(peer, frame)),
      });
      this.#startTick();
    });
  }

  /** Takes no more input; `done` follows once a block that is being written is durable. */
  stop(done: () => void): void {
    this.#stopped = true;
    this.#timers.cancelAll();
    this.#intake.order.stop();
    this.#intake.relay.stop();
    this.#intake.compact.clear();
    this.#tickTimer?.cancel();
    if (this.#committing) this.#whenIdle = done;
    else done();
  }

  /** Takes a transaction into the pool and announces it; its txid, or why not. */
  submit(tx: Transaction): Result<Uint8Array> {
    return this.#intake.relay.submit(tx);
  }

  #guard(work: () => void): void {
    if (this.#stopped) return;
    try {
      work();
    } catch (error) {
      this.#stopped = true;
      this.#options.onFatal(error);
    }
  }

  /** A write has ended; a disk error ends the process. */
  readonly #written: Written = (error, next) =>
    this.#guard(() => {
      if (error !== undefined) throw error;
      next();
    });

  #replay(): void {
    const { wal, log, clock } = this.#options;
    const context = this.#nextContext();
    const records = wal.replay(context.height);
    if (records.length === 0) {
      this.#watches.past.replayed(undefined);
      wal.reset(context.height);
      this.#enterHeight();
      return;
    }
    log.info(
      { height: context.height, records: records.length },
      "replaying the height in progress",
    );
    const begin = { type: "enterHeight", context, startInMs: 0 } as const;
    const replayed = replayLog(this.#loop, { nowMs: clock.nowMs(), input: begin }, records);
    this.#watches.past.replayed(replayed);
    for (const effect of replayed.effects()) this.#effects.perform(effect);
  }

  #nextContext(): HeightContext {
    const context = this.#options.chain.nextContext();
    const peers = this.peers.validators();
    const timeouts = this.#course.timing.timeouts(context.validators, context.self, peers);
    this.#course.votes.entered(context);
    return { ...context, timeouts };
  }

  /** A peer has said where it is, or the head has moved. */
  #compare(): void {
    const { chain, hold } = this.#options;
    const height = chain.head.height + 1;
    const waited = !hold.mayBegin(height);
    hold.compared(this.peers.powerUpTo(chain.head.height));
    if (waited && hold.mayBegin(height)) this.#begin();
    this.#effects.releaseSigns();
  }

  #enterHeight(): void {
    const { hold, pool } = this.#options;
    const context = this.#nextContext();
    const startInMs = this.#course.pace.delayMs(pool.size > 0);
    this.#loop.feed({ type: "enterHeight", context, startInMs });
    if (hold.mayBegin(context.height)) this.#takeFuture();
    this.#catchUp.deliver();
  }

  /** A frame, just come or held back until its height began. */
  #frame(peer: Peer, frame: Uint8Array): void {
    this.#links.reach.heard(peer.id);
    this.#intake.order.frame(peer, frame);
  }

  /** Height 1 may begin. */
  #begin(): void {
    this.#effects.begin();
    this.#takeFuture();
  }

  /** What peers sent for this height while it had not begun here. */
  #takeFuture(): void {
    for (const { peerId, frame } of this.#intake.inbound.takeFuture()) {
      const state = this.peers.get(peerId);
      if (state !== undefined) this.#frame(state.peer, frame);
    }
  }

  #timeout(timeout: FiredTimeout): void {
    if (timeout.step === "newHeight") this.#course.pace.begun();
    this.#loop.feed({ type: "timeout", ...timeout });
  }

  #decide(certified: CertifiedBlock, blockHash: HashHex): void {
    const { chain, hold, clock, metrics, log } = this.#options;
    const { height } = certified.block.header;
    const startedAtMs = clock.monotonicMs();
    this.#committing = true;
    this.#timers.cancelAll();
    this.#watches.forks.decided(certified.certificate, this.core.quorumsOfPrecommits());
    this.#course.exchange.decided(certified, this.core.counted());
    this.#intake.compact.clear();
    const isBrought = this.#catchUp.brought(height);
    const blocks = this.#catchUp.withFollowers(chain.decided(certified, blockHash));
    // What the own key signed is looked for before the blocks are here for good: a start looks no more.
    for (const block of blocks) this.#watches.past.decided(block);
    this.#course.pace.decided(blocks.length > 1);
    if (isBrought) hold.learned(height + blocks.length - 1);
    else hold.decided(height, this.peers.powerUpTo(height));
    if (isBrought) metrics.count("sync_blocks_total", {}, blocks.length);
    chain.commit(blocks, (error) => {
      this.#committing = false;
      // After stop() nobody else would say it; the next start finds the height not committed.
      if (error !== undefined && this.#stopped) log.error({ height, error }, "block not written");
      this.#whenIdle?.();
      this.#written(error, () => {
        const seconds = (clock.monotonicMs() - startedAtMs) / 1_000;
        metrics.observe("db_seconds", seconds, { op: "commit" });
        for (const { certified } of blocks.slice(1)) this.#course.exchange.decided(certified, []);
        for (const block of blocks) this.#final(block);
        this.#entered();
      });
    });
  }

  #final({ certified, applied }: DecidedBlock): void {
    const { pool, log, onCommit } = this.#options;
    const { height, round } = certified.certificate;
    log.info({ height, round, txs: applied.txids.length }, "block committed");
    this.#meter.committed(certified.block);
    pool.committed(applied, certified.block);
    this.#intake.relay.committed(applied);
    onCommit(certified, applied);
  }

  /** The head has moved: the next height begins. */
  #entered(): void {
    const { chain, wal, metrics } = this.#options;
    const { height } = chain.head;
    metrics.gauge("consensus_height", height + 1);
    wal.reset(height + 1);
    this.#course.exchange.committed();
    this.#intake.messages.announceHeight();
    this.#compare();
    this.#watches.forks.headMoved();
    this.#watches.heights.headMoved();
    this.#enterHeight();
    this.#catchUp.advance();
  }

  #startTick(): void {
    this.#tickTimer = this.#options.clock.startTimer(TICK_MS, () => {
      this.#guard(() => {
        this.#ticks++;
        this.#watches.check();
        this.#links.reach.check();
        this.#intake.relay.check();
        this.#links.warnings.check();
        this.#effects.releaseSigns();
        this.#catchUp.advance();
        if (this.#ticks % TICKS_PER_GREETING === 0) this.#intake.messages.greetAll();
        this.#startTick();
      });
    });
  }
}
