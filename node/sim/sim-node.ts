// One simulated process: the unmodified core behind a small driver. It verifies what comes in, logs
// each input before the core sees it, syncs the log before any effect leaves, and after a crash
// replays what was synced. Durable: chain, synced log, sign state. All else is lost with the process.

import { ZERO_HASH } from "../src/codec/bytes.ts";
import { fromHex, toHex } from "../src/codec/hex.ts";
import { proposalSignBytes } from "../src/codec/sign-bytes.ts";
import type { ConsensusParams, Effect, Input, TimedInput } from "../src/consensus/api.ts";
import type { Rules } from "../src/consensus/rules.ts";
import { type ConsensusState, initialState } from "../src/consensus/state.ts";
import { step } from "../src/consensus/step.ts";
import { blockHashOf } from "../src/crypto/ids.ts";
import { type Block, type CertifiedBlock, PREVOTE } from "../src/types/chain.ts";
import type { ProposalMessage } from "../src/types/consensus.ts";
import { type Envelope, type Opened, open, seal } from "./envelope.ts";
import { type CoreMessage, HeldMessages } from "./held-messages.ts";
import { SIM_GENESIS_HASH } from "./keyring.ts";
import { unanswered } from "./replay.ts";
import type { SimSigner } from "./signer.ts";
import { isValidBlock, newBlock } from "./sim-block.ts";
import { voteBytes } from "./vote-bytes.ts";
import { broadcastTo, type Outbound, type World } from "./world.ts";

export interface NodeOptions {
  readonly process: number;
  readonly index: number;
  readonly params: ConsensusParams;
  readonly rules: Rules;
  readonly signer: SimSigner;
  readonly skewMs: number;
  readonly paceMs: number;
  /** Effects that are not performed. */
  readonly without: ReadonlySet<Effect["type"]>;
}

const SYNC_BLOCKS = 8;
/** How often a node asks itself whether others are further on. */
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
  outbound: Outbound;
  private readonly world: World;
  private log: TimedInput[] = [];
  private syncedInputs = 0;
  private inbox: Input[] = [];
  private isBusy = false;
  private held = new HeldMessages();
  private lastBuilt = { hex: "", hash: ZERO_HASH };

  constructor(options: NodeOptions, world: World) {
    this.options = options;
    this.world = world;
    this.state = initialState(options.params, options.rules);
    const { process } = options;
    this.outbound = {
      proposal: (proposal) => broadcastTo(world, process, seal({ type: "proposal", proposal })),
      vote: (vote) => broadcastTo(world, process, seal({ type: "vote", vote })),
      certificate: (certificate) =>
        broadcastTo(world, process, seal({ type: "certificate", certificate })),
      roundCertificate: (certificate) =>
        broadcastTo(world, process, seal({ type: "roundCertificate", certificate })),
    };
  }

  get head(): CertifiedBlock | undefined {
    return this.chain.at(-1);
  }

  get height(): number {
    return this.chain.length + 1;
  }

  /** First start, or restart after a crash: the log of this height is replayed. */
  start(): void {
    this.isUp = true;
    this.state = initialState(this.options.params, this.options.rules);
    const replayed = this.log.slice(0, this.syncedInputs);
    this.log = replayed;
    const effects = this.stepEffects(this.enterInput());
    for (const timed of replayed) effects.push(...step(this.state, timed).effects);
    this.isBusy = true;
    this.performAll(unanswered(effects, replayed, this.state));
    this.isBusy = false;
    this.drain();
    if (this.isUp) this.world.startLagTimer(this.options.process, LAG_CHECK_MS);
  }

  crash(): void {
    this.isUp = false;
    this.life++;
    this.effectsUntilCrash = undefined;
    this.inbox = [];
    this.held = new HeldMessages();
    this.isBusy = false;
    this.world.crashed(this.options.process);
  }

  /** A frame arrives; votes and certificates of decided heights are dropped undecoded. */
  receive(from: number, envelope: Envelope): void {
    const { height } = envelope;
    if (height !== -1 && height < this.height) return;
    this.handle(from, open(envelope, this.world.validators));
  }

  /** A timer fires; those of decided heights mean nothing. */
  fire(input: Input): void {
    if (input.type === "timeout" && input.height < this.height) return;
    this.feed(input);
  }

  private feed(input: Input): void {
    this.inbox.push(input);
    this.drain();
  }

  /** Asks a peer that is further on for what is missing here. */
  lag(): void {
    this.world.startLagTimer(this.options.process, LAG_CHECK_MS);
    const peer = this.held.takePeerAhead(this.height);
    if (peer === undefined) return;
    const request = { requestId: 0, fromHeight: this.height, count: SYNC_BLOCKS };
    this.world.send(this.options.process, peer, seal({ type: "getBlocks", request }));
  }

  private handle(from: number, opened: Opened): void {
    switch (opened.type) {
      case "refused":
        return;
      case "getBlocks":
        return this.answer(from, opened.height, opened.count);
      case "blocks":
        return this.adopt(opened.blocks);
      default:
        if (opened.height < this.height) return;
        if (opened.height > this.height) return this.held.hold(from, opened, this.height);
        return this.feed(this.inputOf(opened));
    }
  }

  private inputOf(opened: CoreMessage): Input {
    if (opened.type !== "proposal") return opened;
    const { message, blockHash } = opened;
    return { type: "proposal", message, blockHash, valid: isValidBlock(message.block, this.head) };
  }

  private answer(to: number, fromHeight: number, count: number): void {
    const blocks = this.chain.slice(fromHeight - 1, fromHeight - 1 + Math.min(count, SYNC_BLOCKS));
    if (blocks.length === 0) return;
    this.world.send(this.options.process, to, seal({ type: "blocks", requestId: 0, blocks }));
  }

  private adopt(blocks: readonly CertifiedBlock[]): void {
    for (const certified of blocks) {
      const isNext = certified.block.header.height === this.height;
      if (!isNext || !isValidBlock(certified.block, this.head)) continue;
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

  private drain(): void {
    if (this.isBusy) return;
    this.isBusy = true;
    const { life } = this;
    for (let next = 0; next < this.inbox.length; next++) {
      const input = this.inbox[next];
      if (input === undefined) continue;
      this.performAll(this.stepEffects(input));
      if (this.life !== life) return;
    }
    this.inbox.length = 0;
    this.isBusy = false;
  }

  /** Logs the input, steps, and syncs the log where anything comes out. */
  private stepEffects(input: Input): Effect[] {
    const timed = { nowMs: this.clockMs(), input };
    // After a decision the rest of the inbox means nothing and must not enter the next height's log.
    if (input.type !== "enterHeight" && !this.state.decided) this.log.push(timed);
    const { state, effects } = step(this.state, timed);
    this.state = state;
    if (effects.length > 0) this.syncedInputs = this.log.length;
    return effects as Effect[];
  }

  private performAll(effects: readonly Effect[]): void {
    const { life } = this;
    for (const effect of effects) {
      if (this.effectsUntilCrash !== undefined && this.effectsUntilCrash-- === 0) this.crash();
      if (this.life !== life) return;
      if (!this.options.without.has(effect.type)) this.perform(effect);
    }
  }

  private perform(effect: Effect): void {
    switch (effect.type) {
      case "buildBlock":
        return this.build(effect.round);
      case "signProposal":
        return this.signProposal(effect);
      case "signVote":
        return this.signVote(effect);
      case "startTimeout": {
        const { height, round, step, delayMs } = effect;
        const input = { type: "timeout", height, round, step } as const;
        return this.world.startTimer(this.options.process, delayMs, input);
      }
      case "broadcastCertificate":
        return this.outbound.certificate(effect.certificate);
      case "broadcastRoundCertificate":
        return this.outbound.roundCertificate(effect.certificate);
      case "rebroadcast":
        return this.rebroadcast(effect);
      case "fetchBlock": {
        const request = { requestId: 0, fromHeight: effect.height, count: 1 };
        broadcastTo(this.world, this.options.process, seal({ type: "getBlocks", request }));
        return;
      }
      case "decide":
        return this.decide(effect.certified);
      case "evidence":
        return this.world.checks.accuses(effect);
      case "note":
        if (effect.name === "newRound") this.outbound.round?.(effect.height, effect.round);
        return;
      default:
        throw new Error(`unknown effect ${JSON.stringify(effect satisfies never)}`);
    }
  }

  private rebroadcast(effect: Extract<Effect, { type: "rebroadcast" }>): void {
    const { proposal, votes, certificate, roundCertificate } = effect;
    if (proposal !== undefined) this.outbound.proposal(proposal);
    for (const vote of votes) this.outbound.vote(vote);
    if (certificate !== undefined) this.outbound.certificate(certificate);
    if (roundCertificate !== undefined) this.outbound.roundCertificate(roundCertificate);
  }

  /** A new block on top of the own head, unlike any other. */
  newBlock(round: number): Block {
    const proposer = this.options.signer.publicKey;
    return newBlock({
      parent: this.head,
      round,
      proposer,
      nowMs: this.clockMs(),
      salt: this.world.rng.next(),
    });
  }

  private clockMs(): number {
    return Math.floor(this.world.nowMs() + this.options.skewMs);
  }

  private build(round: number): void {
    const block = this.newBlock(round);
    const hash = blockHashOf(block.header);
    const blockHash = toHex(hash);
    this.lastBuilt = { hex: blockHash, hash };
    this.feed({ type: "blockBuilt", round, block, blockHash });
  }

  private signProposal(effect: Extract<Effect, { type: "signProposal" }>): void {
    const { height, round, validRound, block, polc } = effect;
    const blockHash = this.hashOf(effect.blockHash);
    const proposerIndex = this.options.index;
    const unsigned = { height, round, validRound, blockHash, proposerIndex };
    this.world.checks.proposes(unsigned);
    const signBytes = proposalSignBytes(SIM_GENESIS_HASH, unsigned);
    const signed = this.options.signer.sign({ height, round, step: 1, signBytes });
    if (!signed.ok) return;
    const proposal = { ...unsigned, signature: signed.signature };
    const message: ProposalMessage = { proposal, block, polc };
    this.outbound.proposal(message);
    this.feed({
      type: "proposal",
      message,
      blockHash: effect.blockHash,
      valid: isValidBlock(block, this.head),
    });
  }

  private signVote(effect: Extract<Effect, { type: "signVote" }>): void {
    const { voteType: type, height, round } = effect;
    const blockHash = effect.blockHash === undefined ? ZERO_HASH : this.hashOf(effect.blockHash);
    const unsigned = { type, height, round, blockHash, validatorIndex: this.options.index };
    this.world.checks.votes(unsigned);
    const signBytes = voteBytes(unsigned);
    const place = type === PREVOTE ? 2 : 3;
    const signed = this.options.signer.sign({ height, round, step: place, signBytes });
    if (!signed.ok) return;
    const vote = { ...unsigned, signature: signed.signature };
    this.outbound.vote(vote);
    this.feed({ type: "vote", vote });
  }

  /** Bytes of a hash in hex; almost always of a block that the core holds or has just been given. */
  private hashOf(hex: string): Uint8Array {
    if (this.lastBuilt.hex === hex) return this.lastBuilt.hash;
    for (const candidate of this.state.candidates) {
      if (candidate.hex === hex) return candidate.hash;
    }
    return fromHex(hex);
  }

  /** One durable batch: block, certificate and an empty log; then on to the next height. */
  private decide(certified: CertifiedBlock): void {
    this.world.checks.decides(this.options.process, certified);
    this.chain.push(certified);
    this.log = [];
    this.syncedInputs = 0;
    this.inbox.push(this.enterInput());
    for (const message of this.held.takeFor(this.height)) this.inbox.push(this.inputOf(message));
  }
}
