// The shell around the core: it feeds the core, performs its effects, moves the chain, and keeps the
// node in step with its peers. Synchronous throughout: every entry (a frame, a timer, a finished write,
// a transaction) runs to its end before the next, so a run is a function of its inputs, and a simulator
// can drive this very class on the in-memory adapters.
//
// A broken invariant or a disk error ends in onFatal: the process must stop; the WAL and the sign state
// make the next start safe.

import { decodeFrame } from "../codec/frames.ts";
import type { HeightContext, Input } from "../consensus/api.ts";
import type { CoreView } from "../consensus/core-view.ts";
import type { AppliedBlock } from "../ledger/apply-block.ts";
import type { Peer, Timer } from "../ports.ts";
import type { CertifiedBlock, HashHex, Transaction } from "../types/chain.ts";
import type { Result } from "../types/errors.ts";
import { measureCommit } from "./chain/measure-commit.ts";
import { CoreLoop } from "./core/core-loop.ts";
import { replayLog } from "./core/replay.ts";
import { ConsensusTimers, type FiredTimeout } from "./core/timers.ts";
import type { DriverOptions } from "./driver-options.ts";
import { CatchUp } from "./effects/catch-up.ts";
import { Effects } from "./effects/effects.ts";
import { EvidenceExchange } from "./effects/evidence-exchange.ts";
import { ProposalFetch } from "./effects/proposal-fetch.ts";
import { Signing } from "./effects/signing.ts";
import { VoteRelay } from "./effects/vote-relay.ts";
import { CompactProposals } from "./intake/compact-proposals.ts";
import { Inbound } from "./intake/inbound.ts";
import { type Intake, openIntake } from "./intake/open-intake.ts";
import { PeerMessages } from "./intake/peer-messages.ts";
import { AnswerQuota } from "./peers/answer-quota.ts";
import { BlockBodies } from "./peers/block-bodies.ts";
import { BlockSync } from "./peers/block-sync.ts";
import { openForwarding } from "./peers/forwarding.ts";
import { Outbound } from "./peers/outbound.ts";
import { PeerBook } from "./peers/peer-book.ts";
import { TxRelay } from "./peers/tx-relay.ts";
import { guardedClock } from "./timing/guarded-clock.ts";
import { Pace } from "./timing/pacing.ts";
import { openWatches, type Watches } from "./watches/watches.ts";

const TICK_MS = 500;
/** Every so many ticks each peer is pinged and told our height and further addresses. */
const TICKS_PER_GREETING = 10;
/** Of the round's T_propose: how long a peer has for the transactions that a compact proposal lacks. */
const ANSWER_SHARE = 1 / 3;

export class Driver {
  readonly peers: PeerBook;
  readonly #options: DriverOptions;
  readonly #loop: CoreLoop;
  readonly #timers: ConsensusTimers;
  readonly #exchange: EvidenceExchange;
  /** What the intake knows and measures, and what it says of peers. */
  readonly #intake: Intake;
  readonly #compact: CompactProposals;
  readonly #votes: VoteRelay;
  /** Who hears whom, and what is passed on where links are missing. */
  readonly #partial: ReturnType<typeof openForwarding>;
  readonly #catchUp: CatchUp;
  readonly #relay: TxRelay;
  readonly #inbound: Inbound;
  readonly #effects: Effects;
  readonly #messages: PeerMessages;
  readonly #watches: Watches;
  readonly #pace: Pace;
  #tickTimer: Timer | undefined;
  #ticks = 0;
  #committedAtMs: number | undefined;
  #committing = false;
  #whenIdle: (() => void) | undefined;
  #stopped = false;

  constructor(options: DriverOptions) {
    const { clock, transport, chain, metrics, consensus } = options;
    this.#options = options;
    this.peers = new PeerBook(chain.validators);
    const outbound = new Outbound(transport, this.peers, metrics);
    const feed = (input: Input) => this.#loop.feed(input);
    this.#loop = new CoreLoop(options, consensus, {
      perform: (effect) => this.#effects.perform(effect),
      news: (input) => this.#news(input),
    });
    const core = this.#loop.view;
    this.#intake = openIntake(options, core);
    const links = { ...options, ...this.#intake, peers: this.peers, outbound };
    this.#exchange = new EvidenceExchange(links);
    this.#partial = openForwarding(links);
    const answers = new AnswerQuota({ clock, peers: this.peers, outbound });
    const shared = { ...links, feed, core, answers, exchange: this.#exchange };
    this.#watches = openWatches(shared);
    this.#votes = new VoteRelay({ ...shared, mode: options.voteRelay });
    const proposals = new ProposalFetch(shared);
    const parts = { ...shared, ...this.#partial, ...this.#watches, votes: this.#votes, proposals };
    const guarded = guardedClock(clock, (work) => this.#guard(work));
    this.#timers = new ConsensusTimers(guarded, (timeout) => this.#timeout(timeout));
    this.#pace = new Pace({ ...options, timers: this.#timers, core });
    this.#compact = new CompactProposals({
      ...parts,
      clock: guarded,
      answerMs: () => core.proposeMs * ANSWER_SHARE,
      intake: () => this.#inbound.proposals,
    });
    this.#relay = new TxRelay({ ...parts, clock: guarded, onAdmitted: () => this.#pace.hurry() });
    this.#inbound = new Inbound({
      ...parts,
      decode: options.decode ?? decodeFrame,
      compact: this.#compact,
      feed: (input) => this.#received(input),
      other: (peer, message) => this.#messages.handle(peer, message),
    });
    this.#catchUp = new CatchUp({ ...parts, sync: new BlockSync(parts, options.sync) });
    this.#effects = new Effects({
      ...parts,
      timers: this.#timers,
      signing: new Signing(options),
      catchUp: this.#catchUp,
      decide: (certified, blockHash) => this.#decide(certified, blockHash),
    });
    this.#messages = new PeerMessages({
      ...parts,
      relay: this.#relay,
      catchUp: this.#catchUp,
      compact: this.#compact,
      bodies: new BlockBodies(parts),
      onCompared: () => this.#compare(),
    });
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
        connected: (peer) => this.#guard(() => this.#messages.connected(peer)),
        disconnected: (peer) => this.#guard(() => this.#messages.disconnected(peer)),
        frame: (peer, frame) => this.#guard(() => this.#frame(peer, frame)),
      });
      this.#startTick();
    });
  }

  /** Takes no more input; `done` follows once a block that is being written is durable. */
  stop(done: () => void): void {
    this.#stopped = true;
    this.#timers.cancelAll();
    this.#relay.stop();
    this.#compact.clear();
    this.#tickTimer?.cancel();
    if (this.#committing) this.#whenIdle = done;
    else done();
  }

  /** Takes a transaction into the pool and announces it; its txid, or why not. */
  submit(tx: Transaction): Result<Uint8Array> {
    return this.#relay.submit(tx);
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
    const timeouts = this.#intake.timing.timeouts(context.validators, context.self, peers);
    this.#votes.entered(context);
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
    const startInMs = this.#pace.delayMs(pool.size > 0);
    this.#loop.feed({ type: "enterHeight", context, startInMs });
    if (hold.mayBegin(context.height)) this.#takeFuture();
    this.#catchUp.deliver();
  }

  /** A frame, just come or held back until its height began. */
  #frame(peer: Peer, frame: Uint8Array): void {
    this.#partial.reach.heard(peer.id);
    this.#partial.forwarding.from(peer.id, () => this.#inbound.frame(peer, frame));
  }

  #received(input: Input): void {
    this.#pace.received(input);
    this.#loop.feed(input);
  }

  /** An input that changed the core's state, after its effects. */
  #news(input: Input): void {
    this.#intake.known.took(input);
    this.#votes.news();
    this.#pace.news();
    this.#partial.forwarding.news(input);
  }

  /** Height 1 may begin. */
  #begin(): void {
    this.#effects.begin();
    this.#takeFuture();
  }

  /** What peers sent for this height while it had not begun here. */
  #takeFuture(): void {
    for (const { peerId, frame } of this.#inbound.takeFuture()) {
      const state = this.peers.get(peerId);
      if (state !== undefined) this.#frame(state.peer, frame);
    }
  }

  #timeout(timeout: FiredTimeout): void {
    if (timeout.step === "newHeight") this.#pace.begun();
    this.#loop.feed({ type: "timeout", ...timeout });
  }

  #decide(certified: CertifiedBlock, blockHash: HashHex): void {
    const { chain, hold, clock, metrics, log } = this.#options;
    const { height } = certified.block.header;
    const startedAtMs = clock.monotonicMs();
    this.#committing = true;
    this.#timers.cancelAll();
    this.#pace.decided();
    this.#watches.forks.decided(certified.certificate, this.core.quorumsOfPrecommits());
    this.#watches.past.decided(certified);
    this.#exchange.decided(certified, this.core.counted());
    this.#compact.clear();
    if (this.#catchUp.brought(height)) hold.learned(height);
    else hold.decided(height, this.peers.powerUpTo(height));
    chain.commit(certified, blockHash, (error, applied) => {
      this.#committing = false;
      // After stop() nobody else would say it; the next start finds the height not committed.
      if (error !== undefined && this.#stopped) log.error({ height, error }, "block not written");
      this.#whenIdle?.();
      this.#guard(() => {
        if (error !== undefined) throw error;
        const seconds = (clock.monotonicMs() - startedAtMs) / 1_000;
        metrics.observe("db_seconds", seconds, { op: "commit" });
        this.#committed(certified, applied);
      });
    });
  }

  #committed(certified: CertifiedBlock, applied: AppliedBlock): void {
    const { chain, wal, pool, log, metrics, onCommit } = this.#options;
    const { height } = chain.head;
    const { round } = certified.certificate;
    log.info({ height, round, txs: applied.txids.length }, "block committed");
    metrics.gauge("consensus_height", height + 1);
    measureCommit(metrics, certified.block, {
      chain,
      sincePreviousMs: this.#sinceCommit(),
    });
    if (this.#catchUp.brought(height)) metrics.count("sync_blocks_total");
    pool.committed(applied, certified.block);
    wal.reset(height + 1);
    this.#exchange.committed();
    this.#catchUp.headMoved();
    this.#messages.announceHeight();
    onCommit(certified, applied);
    this.#compare();
    this.#watches.forks.headMoved();
    this.#enterHeight();
    this.#catchUp.advance();
  }

  #sinceCommit(): number | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    const previousMs = this.#committedAtMs;
    this.#committedAtMs = nowMs;
    return previousMs === undefined ? undefined : nowMs - previousMs;
  }

  #startTick(): void {
    this.#tickTimer = this.#options.clock.startTimer(TICK_MS, () => {
      this.#guard(() => {
        this.#ticks++;
        this.#watches.clocks.check();
        this.#watches.forks.check();
        this.#partial.reach.check();
        this.#watches.standstill.check();
        this.#intake.warnings.check();
        this.#effects.releaseSigns();
        this.#catchUp.advance();
        if (this.#ticks % TICKS_PER_GREETING === 0) this.#messages.greetAll();
        this.#startTick();
      });
    });
  }
}
