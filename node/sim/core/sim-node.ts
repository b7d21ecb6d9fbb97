// One simulated process: the unmodified core behind a small driver. It verifies what comes in, logs
// each input before the core sees it, syncs the log before any effect leaves, and after a crash
// replays what was synced. Durable: chain, synced log, sign state. All else is lost with the process.

import { fromHex, toHex } from "../../src/codec/hex.ts";
import type { Effect, Input, TimedInput } from "../../src/consensus/api.ts";
import { type ConsensusState, initialState } from "../../src/consensus/state.ts";
import { step } from "../../src/consensus/step.ts";
import { heldProposal } from "../../src/driver/proposal-fetch.ts";
import type { Block, CertifiedBlock } from "../../src/types/chain.ts";
import { invariant } from "../../src/types/errors.ts";
import { Author } from "./author.ts";
import { type Envelope, type Opened, open, seal } from "./envelope.ts";
import { HeldMessages } from "./held-messages.ts";
import type { NodeOptions } from "./node-options.ts";
import { unanswered } from "./replay.ts";
import { ReusedList } from "./reused-list.ts";
import { broadcastTo, honestOutbound, type Outbound, sayAgain, type World } from "./world.ts";

const SYNC_BLOCKS = 8;
/** How many of the last certificates a fork watcher shows. */
const SHOWN_CERTIFICATES = 3;
/** How long after it heard that others are further on a node asks for what it lacks. */
export const LAG_CHECK_MS = 300;

export class SimNode {
  readonly options: NodeOptions;
  readonly chain: CertifiedBlock[] = [];
  state: ConsensusState;
  isUp = true;
  /** Timers of an earlier life do not fire. */
  life = 0;
  /** Effects still performed before a planned crash; undefined: no crash planned. */
  effectsUntilCrash: number | undefined;
  /** When the last timeout of a step started here will fire, in virtual time. */
  timeoutAtMs = 0;
  outbound: Outbound;
  private readonly world: World;
  private readonly author: Author;
  /** The inputs of this height. */
  private readonly log = new ReusedList<TimedInput>();
  private syncedInputs = 0;
  private readonly inbox = new ReusedList<Input>();
  private isBusy = false;
  private held = new HeldMessages();
  private isLagTimerOn = false;

  constructor(options: NodeOptions, world: World) {
    this.options = options;
    this.world = world;
    this.author = new Author(options, world);
    this.state = initialState(options.params, options.rules);
    this.outbound = honestOutbound(world, options.process);
  }

  get head(): CertifiedBlock | undefined {
    return this.chain.at(-1);
  }

  get height(): number {
    return this.chain.length + 1;
  }

  /** First start, or restart after a crash: the log of this height is replayed. */
  start(): void {
    const { driver, params, rules } = this.options;
    this.isUp = true;
    this.state = initialState(params, rules);
    const replayed = driver.replaysLog ? this.log.first(this.syncedInputs) : [];
    this.log.truncate(replayed.length);
    this.syncedInputs = replayed.length;
    const effects = this.stepEffects(this.enterInput());
    for (const timed of replayed) effects.push(...step(this.state, timed).effects);
    this.world.checks.enters(this.options.index, this.height, this.state.round);
    this.isBusy = true;
    const { life } = this;
    // Of a first start nothing can have been answered.
    const isFirst = replayed.length === 0;
    this.performAll(isFirst ? effects : unanswered(effects, replayed, this.state));
    if (this.life === life) this.drain();
    if (this.isUp && this.options.watchesForks) this.startLagTimer();
  }

  crash(): void {
    this.isUp = false;
    this.life++;
    this.effectsUntilCrash = undefined;
    this.inbox.truncate(0);
    this.held = new HeldMessages();
    this.isBusy = false;
    this.isLagTimerOn = false;
    if (!this.options.driver.keepsSignState) this.options.signer.forget();
    this.world.crashed(this.options.process);
  }

  /** A frame arrives; votes and certificates of decided heights are dropped undecoded. */
  receive(from: number, envelope: Envelope): void {
    const { height } = envelope;
    const isOld = height !== -1 && height < this.height;
    if (isOld && !this.options.watchesForks) return;
    const opened = open(envelope, this.world, this.options.driver.verify);
    if (isOld) this.compare(opened);
    else if (opened.input !== undefined || opened.proposal !== undefined) this.hear(from, opened);
    else if (opened.other !== undefined) this.serve(from, opened.other);
  }

  /** A timer fires; those of decided heights mean nothing. */
  fire(input: Input): void {
    if (input.type === "timeout" && input.height < this.height) return;
    this.feed(input);
  }

  /** Asks a peer that is further on for what is missing here. */
  lag(): void {
    const { process } = this.options;
    this.isLagTimerOn = false;
    if (this.options.watchesForks) {
      this.startLagTimer();
      const last = this.chain.slice(-SHOWN_CERTIFICATES);
      for (const { certificate } of last) this.outbound.certificate(certificate);
    }
    if (!this.held.hasNews) return;
    const request = { requestId: 0, fromHeight: this.height, count: SYNC_BLOCKS };
    for (const peer of this.held.takePeersAhead(this.height)) {
      this.world.send(process, peer, seal({ type: "getBlocks", request }));
    }
  }

  private startLagTimer(): void {
    if (this.isLagTimerOn) return;
    this.isLagTimerOn = true;
    this.world.startLagTimer(this.options.process, LAG_CHECK_MS);
  }

  /** A new block on top of the own head, unlike any other. */
  newBlock(round: number): Block {
    return this.author.newBlock(round, this.head);
  }

  private feed(input: Input): void {
    if (this.isBusy) return this.inbox.push(input);
    this.isBusy = true;
    const { life } = this;
    this.take(input);
    if (this.life === life) this.drain();
  }

  /** A message for the core. */
  private hear(from: number, opened: Opened): void {
    if (opened.height > this.height) {
      this.held.hold(from, opened, this.height);
      this.startLagTimer();
    } else if (opened.height === this.height) this.feed(this.inputOf(opened));
  }

  private serve(from: number, message: NonNullable<Opened["other"]>): void {
    switch (message.type) {
      case "status":
        this.held.claim(from, message.status.height);
        return this.startLagTimer();
      case "getBlocks":
        return this.answer(from, message.request.fromHeight, message.request.count);
      case "blocks":
        return this.adopt(message.blocks);
      case "getProposal":
        return this.show(from, message);
      default:
        throw new Error(`unknown message ${JSON.stringify(message satisfies never)}`);
    }
  }

  /** A certificate of a decided height for another block than was decided here. */
  private compare(opened: Opened): void {
    const own = this.chain[opened.height - 1]?.certificate;
    if (opened.input?.type !== "certificate" || own === undefined) return;
    this.world.checks.compares(this.options.index, own, opened.input.certificate);
  }

  private inputOf({ input, proposal }: Opened): Input {
    if (input !== undefined) return input;
    invariant(proposal !== undefined, "what is heard is for the core");
    const { message, blockHash } = proposal;
    const valid = this.options.driver.isValid(message.block, this.head);
    return { type: "proposal", message, blockHash, valid };
  }

  private answer(to: number, fromHeight: number, count: number): void {
    const from = Math.max(1, fromHeight) - 1;
    const blocks = this.chain.slice(from, from + Math.min(count, SYNC_BLOCKS));
    if (this.outbound.answer !== undefined) return this.outbound.answer(to, blocks);
    if (blocks.length === 0) return;
    this.world.send(this.options.process, to, seal({ type: "blocks", requestId: 0, blocks }));
  }

  /** The proposal of a block that a peer has seen a polka for. */
  private show(
    to: number,
    { height, blockHash }: Extract<Opened["other"], { type: "getProposal" }>,
  ): void {
    const { context, rounds } = this.state;
    if (height !== context.height) return;
    const proposal = heldProposal(rounds.values(), blockHash);
    if (proposal === undefined) return;
    this.world.send(this.options.process, to, seal({ type: "proposal", proposal }));
  }

  private adopt(blocks: readonly CertifiedBlock[]): void {
    for (const certified of blocks) {
      const isNext = certified.block.header.height === this.height;
      if (!isNext || !this.options.driver.isValid(certified.block, this.head)) continue;
      const blockHash = toHex(certified.certificate.blockHash);
      this.feed({ type: "certifiedBlock", certified, blockHash });
      if (!this.isUp) return;
    }
  }

  private enterInput(): Input {
    const { index, paceMs } = this.options;
    const { validators, leaderOrder } = this.world;
    const parentTimestampMs = this.head?.block.header.timestampMs ?? 0;
    const { height } = this;
    const context = { height, validators, leaderOrder, self: index, parentTimestampMs };
    return { type: "enterHeight", context, startInMs: paceMs };
  }

  /** Takes what came in while the node was busy, then rests. */
  private drain(): void {
    const { inbox, life } = this;
    for (let next = 0; next < inbox.length; next++) {
      const input = inbox.at(next);
      if (input !== undefined) this.take(input);
      if (this.life !== life) return;
    }
    inbox.truncate(0);
    this.isBusy = false;
  }

  /** One input through the core, or what a planted bug makes of it. */
  private take(input: Input): void {
    const { feeds } = this.options.driver;
    if (feeds === undefined) return this.performAll(this.stepEffects(input));
    const { life } = this;
    for (const fed of feeds(input, this.state)) {
      this.performAll(this.stepEffects(fed));
      if (this.life !== life) return;
    }
  }

  /** Logs the input, steps, and syncs the log where anything comes out. */
  private stepEffects(input: Input): Effect[] {
    const timed = { nowMs: this.world.clockMs(this.options.process), input };
    // After a decision the rest of the inbox means nothing and must not enter the next height's log.
    // Before enterHeight it is decided too: what enters a height is not logged, a start makes it anew.
    if (!this.state.decided) this.log.push(timed);
    const { state, effects } = step(this.state, timed);
    this.state = state;
    this.world.stepped?.(this.options.process, input, effects);
    if (effects.length > 0 && this.options.driver.syncsInputs) this.syncedInputs = this.log.length;
    return effects as Effect[];
  }

  private performAll(effects: readonly Effect[]): void {
    const { life } = this;
    for (const wanted of effects) {
      if (this.effectsUntilCrash !== undefined && this.effectsUntilCrash-- === 0) this.crash();
      if (this.life !== life) return;
      const effect = this.options.driver.performs(wanted, this.state);
      if (effect !== undefined) this.perform(effect);
    }
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case "buildBlock":
        return this.feed(this.author.build(effect.round, this.head));
      case "signProposal":
        return this.signProposal(effect);
      case "signVote":
        return this.signVote(effect);
      case "startTimeout":
        return this.startTimeout(effect);
      case "broadcastCertificate":
        return this.outbound.certificate(effect.certificate);
      case "broadcastRoundCertificate":
        return this.outbound.roundCertificate(effect.certificate);
      case "rebroadcast":
        return sayAgain(this.outbound, effect);
      case "fetchBlock": {
        const request = { requestId: 0, fromHeight: effect.height, count: 1 };
        broadcastTo(this.world, this.options.process, seal({ type: "getBlocks", request }));
        return;
      }
      case "fetchProposal": {
        const request = { height: effect.height, blockHash: fromHex(effect.blockHash) };
        broadcastTo(this.world, this.options.process, seal({ type: "getProposal", ...request }));
        return;
      }
      case "decide":
        return this.decide(effect.certified);
      case "evidence":
        return this.world.checks.accuses(effect);
      case "note":
        return this.note(effect);
      default:
        throw new Error(`unknown effect ${JSON.stringify(effect satisfies never)}`);
    }
  }

  private note({ name, height, round }: Extract<Effect, { type: "note" }>): void {
    if (name !== "newRound") return;
    this.world.checks.enters(this.options.index, height, round);
    this.outbound.round?.(height, round);
  }

  private startTimeout(effect: Extract<Effect, { type: "startTimeout" }>): void {
    const { height, round, step: timed, delayMs } = effect;
    const input = { type: "timeout", height, round, step: timed } as const;
    const firesAtMs = this.world.startTimer(this.options.process, delayMs, input);
    if (timed !== "rebroadcast" && timed !== "newHeight") this.timeoutAtMs = firesAtMs;
  }

  private signProposal(effect: Extract<Effect, { type: "signProposal" }>): void {
    const message = this.author.proposal(effect, this.state.candidates);
    if (message === undefined) return;
    this.outbound.proposal(message);
    const valid = this.options.driver.isValid(effect.block, this.head);
    this.feed({ type: "proposal", message, blockHash: effect.blockHash, valid });
  }

  private signVote(effect: Extract<Effect, { type: "signVote" }>): void {
    const vote = this.author.vote(effect, this.state.candidates);
    if (vote === undefined) return;
    this.outbound.vote(vote);
    this.feed({ type: "vote", vote });
  }

  /** One durable batch: block, certificate and an empty log; then on to the next height. */
  private decide(certified: CertifiedBlock): void {
    this.world.checks.decides(this.options.process, certified, this.head);
    this.chain.push(certified);
    this.log.truncate(0);
    this.syncedInputs = 0;
    this.inbox.push(this.enterInput());
    for (const message of this.held.takeFor(this.height)) this.inbox.push(this.inputOf(message));
  }
}
