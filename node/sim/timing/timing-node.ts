// One node of the bench: the production core and nothing but what its effects ask for. What others
// send arrives as the core's own inputs. Messages of later heights wait until their height begins;
// those of earlier ones are dropped, as the driver does.

import type { Effect, HeightContext, Input } from "../../src/consensus/api.ts";
import { type ConsensusState, initialState } from "../../src/consensus/state.ts";
import { step } from "../../src/consensus/step.ts";
import type { Certificate, CertifiedBlock } from "../../src/types/chain.ts";
import type { ProposalMessage, RoundCertificate, Vote } from "../../src/types/consensus.ts";
import type { IdealBlocks } from "./ideal-blocks.ts";
import { isValidBlock } from "./sim-block.ts";
import type { TimingOptions } from "./timing-options.ts";

/** What a node sends to every other node. */
export type Message =
  | { readonly type: "proposal"; readonly message: ProposalMessage }
  | { readonly type: "vote"; readonly vote: Vote }
  | { readonly type: "certificate"; readonly certificate: Certificate }
  | { readonly type: "roundCertificate"; readonly certificate: RoundCertificate };

/** What a node sees of the world around it. */
export interface NodeWorld {
  readonly options: TimingOptions;
  readonly blocks: IdealBlocks;
  wallClockMs(): number;
  after(delayMs: number, run: () => void): void;
  /** To all others; a colluding node's adversary may give each another message. */
  broadcast(from: number, message: Message): void;
  /** Asks all others for the certified block of a height; answers arrive as inputs. */
  fetch(from: number, height: number): void;
  contextOf(node: TimingNode): HeightContext;
  entered(node: TimingNode, round: number): void;
  decided(node: TimingNode, certified: CertifiedBlock): void;
}

const SIGNATURE = new Uint8Array(64);

export class TimingNode {
  readonly index: number;
  readonly chain: CertifiedBlock[] = [];
  private readonly world: NodeWorld;
  private readonly state: ConsensusState;
  private readonly inbox: Input[] = [];
  private readonly waiting = new Map<number, Message[]>();
  private isBusy = false;

  constructor(index: number, world: NodeWorld) {
    this.index = index;
    this.world = world;
    this.state = initialState(world.options.params);
  }

  get height(): number {
    return this.chain.length + 1;
  }

  get head(): CertifiedBlock | undefined {
    return this.chain.at(-1);
  }

  start(): void {
    this.feed(this.enterHeight(0));
  }

  /** A message of another node arrives. */
  receive(message: Message): void {
    const height = heightOf(message);
    if (height < this.height) return;
    if (height === this.height) return this.feed(this.inputOf(message));
    const waiting = this.waiting.get(height);
    if (waiting === undefined) this.waiting.set(height, [message]);
    else waiting.push(message);
  }

  feed(input: Input): void {
    this.inbox.push(input);
    if (this.isBusy) return;
    this.isBusy = true;
    for (let next = 0; next < this.inbox.length; next++) {
      const taken = this.inbox[next];
      if (taken === undefined) continue;
      const { effects } = step(this.state, { nowMs: this.world.wallClockMs(), input: taken });
      for (const effect of effects) this.perform(effect);
    }
    this.inbox.length = 0;
    this.isBusy = false;
  }

  private enterHeight(startInMs: number): Input {
    return { type: "enterHeight", context: this.world.contextOf(this), startInMs };
  }

  private inputOf(message: Message): Input {
    if (message.type !== "proposal") return message;
    const { block, proposal } = message.message;
    const blockHash = this.world.blocks.hexOf(proposal.blockHash);
    return { ...message, blockHash, valid: isValidBlock(block, this.head) };
  }

  private perform(effect: Effect): void {
    const { world, index } = this;
    switch (effect.type) {
      case "buildBlock":
        return this.build(effect.round);
      case "signProposal":
        return this.propose(effect);
      case "signVote":
        return this.vote(effect);
      case "startTimeout": {
        const { height, round, step, delayMs } = effect;
        const input: Input = { type: "timeout", height, round, step };
        return world.after(delayMs, () => {
          if (this.height === height) this.feed(input);
        });
      }
      case "broadcastCertificate":
        return world.broadcast(index, { type: "certificate", certificate: effect.certificate });
      case "broadcastRoundCertificate":
        return world.broadcast(index, {
          type: "roundCertificate",
          certificate: effect.certificate,
        });
      case "rebroadcast":
        return this.rebroadcast(effect);
      case "fetchBlock":
        return world.fetch(index, effect.height);
      case "decide":
        return this.decide(effect.certified);
      case "note":
        if (effect.name === "newRound") world.entered(this, effect.round);
        return;
      case "evidence":
      // Asking could only help: what the bench measures is what the rules reach without.
      case "fetchProposal":
        return;
      default:
        throw new Error(`unknown effect ${JSON.stringify(effect satisfies never)}`);
    }
  }

  private build(round: number): void {
    const { block, blockHash } = this.world.blocks.build({
      parent: this.head,
      round,
      proposerIndex: this.index,
      nowMs: this.world.wallClockMs(),
    });
    this.feed({ type: "blockBuilt", round, block, blockHash });
  }

  private propose(effect: Extract<Effect, { type: "signProposal" }>): void {
    const { height, round, validRound, block, polc } = effect;
    const blockHash = this.world.blocks.hashOf(effect.blockHash);
    const proposerIndex = this.index;
    const signature = SIGNATURE;
    const proposal = { height, round, validRound, blockHash, proposerIndex, signature };
    this.say({ type: "proposal", message: { proposal, block, polc } });
  }

  private vote(effect: Extract<Effect, { type: "signVote" }>): void {
    const { voteType: type, height, round } = effect;
    const blockHash = this.world.blocks.hashOf(effect.blockHash);
    const validatorIndex = this.index;
    const vote = { type, height, round, blockHash, validatorIndex, signature: SIGNATURE };
    this.say({ type: "vote", vote });
  }

  private say(message: Message): void {
    this.world.broadcast(this.index, message);
    this.feed(this.inputOf(message));
  }

  private rebroadcast({
    proposal,
    votes,
    certificate,
    roundCertificate,
  }: Extract<Effect, { type: "rebroadcast" }>): void {
    const { world, index } = this;
    if (proposal !== undefined) world.broadcast(index, { type: "proposal", message: proposal });
    for (const vote of votes) world.broadcast(index, { type: "vote", vote });
    if (certificate !== undefined) world.broadcast(index, { type: "certificate", certificate });
    if (roundCertificate !== undefined) {
      world.broadcast(index, { type: "roundCertificate", certificate: roundCertificate });
    }
  }

  private decide(certified: CertifiedBlock): void {
    const { height } = this;
    this.world.decided(this, certified);
    this.chain.push(certified);
    this.inbox.push(this.enterHeight(this.world.options.paceMs));
    for (const message of this.waiting.get(height + 1) ?? []) {
      this.inbox.push(this.inputOf(message));
    }
    this.waiting.delete(height + 1);
  }
}

function heightOf(message: Message): number {
  switch (message.type) {
    case "proposal":
      return message.message.proposal.height;
    case "vote":
      return message.vote.height;
    case "certificate":
    case "roundCertificate":
      return message.certificate.height;
    default:
      throw new Error(`unknown message ${JSON.stringify(message satisfies never)}`);
  }
}
