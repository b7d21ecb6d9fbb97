// Puts the parts of the driver together, in the order of the import rules. Each part is given by name what it
// needs, and nothing else; what is made later it is given as a function. Called by the driver, once.

import { decodeFrame } from "../codec/frames.ts";
import type { Input } from "../consensus/api.ts";
import type { CoreView } from "../consensus/core-view.ts";
import type { Clock } from "../ports.ts";
import type { CertifiedBlock, HashHex } from "../types/chain.ts";
import type { Divergence } from "../types/divergence.ts";
import type { ForkFound } from "../types/fork.ts";
import { CoreLoop } from "./core/core-loop.ts";
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
import { KnownMessages } from "./intake/known-messages.ts";
import { PeerMessages, type PeerMessagesParts } from "./intake/peer-messages.ts";
import { VoterLinks } from "./intake/voter-links.ts";
import { WorkOrder } from "./intake/work-order.ts";
import { AnswerQuota } from "./peers/answer-quota.ts";
import { BlockBodies } from "./peers/block-bodies.ts";
import { BlockSync } from "./peers/block-sync.ts";
import { Forwarding } from "./peers/forwarding.ts";
import { HeightClaims } from "./peers/height-claims.ts";
import { Outbound } from "./peers/outbound.ts";
import { PeerBook } from "./peers/peer-book.ts";
import { penalties } from "./peers/penalties.ts";
import { Reach } from "./peers/reach.ts";
import { SnapshotAnswers } from "./peers/snapshot-answers.ts";
import { TxRelay } from "./peers/tx-relay.ts";
import { Warnings } from "./peers/warnings.ts";
import { guardedClock } from "./timing/guarded-clock.ts";
import { Pace } from "./timing/pacing.ts";
import { Timing } from "./timing/timing.ts";
import { BlockRepair, type Written } from "./watches/block-repair.ts";
import { ClockGuard } from "./watches/clock-guard.ts";
import { haltOnDivergence } from "./watches/divergence-halt.ts";
import { haltOnFork } from "./watches/fork-halt.ts";
import { ForkWatch } from "./watches/fork-watch.ts";
import { OwnPast } from "./watches/own-past.ts";
import { PrunedPeers } from "./watches/pruned-peers.ts";
import { Standstill } from "./watches/standstill.ts";

/** Of the round's T_propose: how long a peer has for the transactions that a compact proposal lacks. */
const ANSWER_SHARE = 1 / 3;

/** A head that is older than this and two empty blocks may lie behind the chain. */
const CURRENT_MS = 10_000;

/** What the parts call the driver for. */
export interface DriverCalls {
  /** Runs what a timer does: a broken invariant in it ends the node. */
  readonly guard: (work: () => void) => void;
  readonly timeout: (fired: FiredTimeout) => void;
  readonly written: Written;
  readonly decide: (certified: CertifiedBlock, blockHash: HashHex) => void;
  /** A peer has said where it is. */
  readonly compared: () => void;
}

export type Links = ReturnType<typeof openLinks>;
export type Watches = ReturnType<typeof openWatches>;
export type Course = ReturnType<typeof openCourse>;
export type Intake = ReturnType<typeof openIntake>;

/** All parts of a driver. */
export function connectParts(options: DriverOptions, calls: DriverCalls) {
  const clock = guardedClock(options.clock, calls.guard);
  const loop: CoreLoop = new CoreLoop(options, options.consensus, {
    perform: (effect) => effects.perform(effect),
    // An input that changed the core's state, after its effects.
    news: (input) => {
      intake.known.took(input);
      course.votes.news();
      course.pace.news();
      links.forwarding.news(input);
    },
  });
  const timers = new ConsensusTimers(clock, calls.timeout);
  const links = openLinks(options);
  const watches = openWatches(options, links, calls.written);
  const course = openCourse(options, { core: loop.view, timers, links });
  const made = { clock, loop, timers, links, watches, course };
  const catchUp = openCatchUp(options, made);
  const effects = openEffects(options, made, { catchUp, decide: calls.decide });
  const intake: Intake = openIntake(options, made, { catchUp, compared: calls.compared });
  return { loop, timers, links, watches, course, catchUp, effects, intake };
}

/** Who stands at the other end, and who gets what. */
function openLinks(options: DriverOptions) {
  const { clock, transport, chain, metrics, log, compactFromBytes } = options;
  const peers = new PeerBook(chain.validators);
  const outbound = new Outbound(transport, peers, metrics);
  const warnings = new Warnings({ clock, log });
  const reach = new Reach({ clock, chain, peers, outbound });
  return {
    peers,
    outbound,
    warnings,
    reach,
    punish: penalties({ transport, metrics, warnings }),
    answers: new AnswerQuota({ clock, peers, outbound }),
    forwarding: new Forwarding({ chain, peers, outbound, metrics, reach, compactFromBytes }),
  };
}

/** What keeps the key and the chain safe beside consensus. */
function openWatches(options: DriverOptions, { peers, outbound, punish }: Links, written: Written) {
  const { clock, chain, store, signer, hold, metrics, log, consensus, pacing } = options;
  const onFork = (found: ForkFound): never => haltOnFork(found, { log, record: options.onFork });
  const { precisionMs } = consensus;
  const voters = () => chain.nextContext();
  const { emptyBlockIntervalMs } = pacing;
  const clocks = new ClockGuard({ clock, peers, hold, metrics, log, precisionMs, voters });
  const offsetMs = () => clocks.offsetMs;
  const watches = {
    past: new OwnPast({ chain, signer, hold, log }),
    forks: new ForkWatch({ clock, chain, store, peers, outbound, metrics, punish, onFork }),
    repair: new BlockRepair({ clock, log, metrics, chain, store, peers, outbound, written }),
    clocks,
    heights: new HeightClaims({ clock, chain, peers, precisionMs, offsetMs, punish }),
    standstill: new Standstill({ clock, log, chain, hold, emptyBlockIntervalMs }),
    pruned: new PrunedPeers({ clock, log, chain, peers }),
  };
  const check = (): void => {
    const { clocks, forks, repair, standstill, pruned } = watches;
    for (const watch of [clocks, forks, repair, standstill, pruned]) watch.check();
  };
  return { ...watches, /** From time to time. */ check };
}

/** How a height goes: how long it waits, how votes and missing proposals travel, who is accused. */
function openCourse(
  options: DriverOptions,
  made: { readonly core: CoreView; readonly timers: ConsensusTimers; readonly links: Links },
) {
  const { clock, chain, transport, metrics, log, evidence, consensus, adaptive, pacing } = options;
  const { core, timers } = made;
  const { peers, outbound, warnings, answers } = made.links;
  const floor = { proposeMs: consensus.timeoutProposeMs, voteMs: consensus.timeoutVoteMs };
  const mode = options.voteRelay;
  return {
    timing: new Timing({ clock, adaptive, floor, metrics }),
    pace: new Pace({ clock, pacing, timers, core }),
    votes: new VoteRelay({ mode, peers, outbound, metrics, core }),
    proposals: new ProposalFetch({ peers, outbound, answers, metrics, core }),
    exchange: new EvidenceExchange({
      chain,
      evidence,
      peers,
      outbound,
      transport,
      metrics,
      log,
      warnings,
    }),
  };
}

/** What has been made before the effects and the intake. */
interface Made {
  /** Its timers run under the guard. */
  readonly clock: Clock;
  readonly loop: CoreLoop;
  readonly timers: ConsensusTimers;
  readonly links: Links;
  readonly watches: Watches;
  readonly course: Course;
}

function openCatchUp(options: DriverOptions, { loop, links, watches }: Made): CatchUp {
  const { clock, chain, hold } = options;
  const { peers, outbound, punish } = links;
  const { forks } = watches;
  const sync = new BlockSync({ clock, outbound, peers }, options.sync);
  const feed = (input: Input) => loop.feed(input);
  const onDivergence = (found: Divergence): never =>
    haltOnDivergence(found, { log: options.log, record: options.onDivergence });
  return new CatchUp({ chain, hold, peers, sync, feed, forks, punish, onDivergence });
}

function openEffects(
  options: DriverOptions,
  { loop, timers, links, course }: Made,
  { catchUp, decide }: { readonly catchUp: CatchUp } & Pick<DriverCalls, "decide">,
): Effects {
  const { chain, clock, pool, hold, log, metrics, signer, compactFromBytes } = options;
  const { outbound, reach, forwarding } = links;
  const { timing, votes, proposals, exchange } = course;
  return new Effects({
    clock,
    chain,
    pool,
    hold,
    log,
    metrics,
    outbound,
    timers,
    timing,
    votes,
    signing: new Signing({ chain, signer, log, metrics }),
    catchUp,
    proposals,
    compactFromBytes,
    exchange,
    reach,
    forwarding,
    feed: (input) => loop.feed(input),
    decide,
  });
}

/** The gate before the core, and what is not of consensus. */
function openIntake(
  options: DriverOptions,
  made: Made,
  { catchUp, compared }: { readonly catchUp: CatchUp } & Pick<DriverCalls, "compared">,
) {
  const { clock, chain, pool, hold, metrics } = options;
  const { loop, links, course, watches } = made;
  const { peers, outbound, warnings, punish } = links;
  const { timing, pace, votes, exchange } = course;
  const { forks } = watches;
  const core = loop.view;
  const known = new KnownMessages(core);
  const compact: CompactProposals = new CompactProposals({
    clock: made.clock,
    pool,
    peers,
    outbound,
    metrics,
    warnings,
    core,
    answerMs: () => core.proposeMs * ANSWER_SHARE,
    punish,
    intake: () => inbound.proposals,
  });
  const voters = new VoterLinks(chain);
  const { order, relay } = openWork(options, made, { voters, inbound: () => inbound });
  const messages = openMessages(options, made, { catchUp, compared, compact, relay });
  const inbound: Inbound = new Inbound({
    clock,
    chain,
    hold,
    exchange,
    forks,
    timing,
    metrics,
    punish,
    known,
    voters,
    votes,
    warnings,
    compact,
    decode: options.decode ?? decodeFrame,
    feed: (input) => {
      pace.received(input);
      loop.feed(input);
    },
    other: (peer, message) => messages.handle(peer, message),
  });
  return { known, compact, order, relay, inbound, messages };
}

/** When the frames of peers are handled, and what becomes of their transactions. */
function openWork(
  { transport, metrics, pool, store, chain, pacing }: DriverOptions,
  { clock, links, course }: Made,
  { voters, inbound }: { readonly voters: VoterLinks; readonly inbound: () => Inbound },
) {
  const { peers, outbound, punish, forwarding } = links;
  const currentMs = CURRENT_MS + 2 * pacing.emptyBlockIntervalMs;
  const order = new WorkOrder({
    clock,
    voters,
    transport,
    metrics,
    questions: outbound.questions,
    handle: (peer, frame) => forwarding.from(peer.id, () => inbound().frame(peer, frame)),
  });
  const relay = new TxRelay({
    clock,
    transport,
    outbound,
    peers,
    pool,
    metrics,
    punish,
    inVain: (peer, holdMs, points) => order.inVain(peer, holdMs, points),
    isFinal: (txid) => store.transaction(txid) !== undefined,
    isCurrent: () => clock.nowMs() - chain.head.timestampMs < currentMs,
    onAdmitted: () => course.pace.hurry(),
  });
  return { order, relay };
}

function openMessages(
  options: DriverOptions,
  { loop, links, course, watches }: Made,
  made: Pick<PeerMessagesParts, "catchUp" | "compact" | "relay"> & Pick<DriverCalls, "compared">,
): PeerMessages {
  const { clock, store, snapshots, transport, chain, pool, log, metrics } = options;
  const { peers, outbound, punish, answers, reach, forwarding } = links;
  const core = loop.view;
  return new PeerMessages({
    clock,
    store,
    transport,
    log,
    metrics,
    chain,
    pool,
    peers,
    outbound,
    relay: made.relay,
    catchUp: made.catchUp,
    exchange: course.exchange,
    forks: watches.forks,
    heights: watches.heights,
    repair: watches.repair,
    clocks: watches.clocks,
    compact: made.compact,
    bodies: new BlockBodies({ chain, store, answers, metrics, punish, core }),
    snapshots: new SnapshotAnswers({ snapshots, peers, transport, outbound, metrics }),
    proposals: course.proposals,
    reach,
    forwarding,
    onCompared: made.compared,
  });
}
