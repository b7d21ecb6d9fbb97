// Who gets own votes and certificates (docs/protocol.md#vote-relay). In a mesh everybody
// sends every vote to everybody: 3 delays to finality, n² messages. Relayed, a vote of round 0 for a
// block goes to the round's leader only, which shows the polka and the commit to all: 5 delays, and a
// few n messages.
//
// A leader that keeps silent costs no more than one T_rebroadcast: nil votes and all that belongs to
// later rounds go to everybody, and from the first rebroadcast of a height on so does everything in it; or
// from f + 1 nil prevotes on, as no block of round 0 can be decided then.
// A precommit also goes to the leader of the next height, which puts all that it holds into its block.
//
// A commit certificate goes to validators that are not known to have decided. Who has learned of it from
// a certificate does not pass it on while votes are relayed: that would be n² again, and whoever the
// leader left out hears our height from our status and fetches the block.

import type { HeightContext } from "../../consensus/api.ts";
import type { CoreView } from "../../consensus/core-view.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { isNil } from "../../consensus/tally.ts";
import type { Metrics } from "../../ports.ts";
import { type Certificate, type Height, PRECOMMIT, PREVOTE } from "../../types/chain.ts";
import type { Vote } from "../../types/consensus.ts";
import type { Outbound } from "../peers/outbound.ts";
import type { PeerBook } from "../peers/peer-book.ts";

export type VoteRelayMode = "mesh" | "leader" | "auto";

/** `auto` relays votes of larger sets than this. */
const MESH_VALIDATORS = 64;

export interface VoteRelayParts {
  readonly mode: VoteRelayMode;
  readonly peers: PeerBook;
  readonly outbound: Pick<Outbound, "to" | "toValidators">;
  readonly metrics: Metrics;
  readonly core: Pick<
    CoreView,
    "context" | "round" | "isDecided" | "ownVotes" | "nilPower" | "faultyPower" | "polkaOf"
  >;
}

export class VoteRelay {
  readonly #parts: VoteRelayParts;
  /** The height that has gone back to the mesh. */
  #meshHeight: Height = 0;
  /** The height whose polka this node, its leader, has shown. */
  #polkaHeight: Height = 0;
  /** The height whose commit certificate a peer has shown. */
  #learnedHeight: Height = 0;

  constructor(parts: VoteRelayParts) {
    this.#parts = parts;
  }

  /** A height begins. */
  entered(context: HeightContext): void {
    this.#parts.metrics.gauge("consensus_vote_relay", this.#isOn(context) ? 1 : 0);
  }

  /** An own vote, just signed. */
  vote(vote: Vote): void {
    const { outbound, core } = this.#parts;
    const peerIds = this.#isRelayed(vote) ? this.#collectors(core.context, vote) : undefined;
    if (peerIds === undefined) outbound.toValidators({ type: "vote", vote });
    else for (const peerId of peerIds) outbound.to(peerId, { type: "vote", vote });
  }

  /** The round has had its time: the rest of the height goes to everybody. */
  fallBack(): void {
    this.#meshHeight = this.#parts.core.context.height;
  }

  /** The core has taken an input that was news: what the votes of round 0 ask for, while they are relayed. */
  news(): void {
    const { context, round, isDecided } = this.#parts.core;
    if (!this.#isOn(context) || round !== 0 || isDecided) return;
    this.#spread(context.height);
    this.#showPolka(context);
  }

  /**
   * More than f power prevoted nil: a block can no longer gather q prevotes, and only who sees them all can
   * prove it. So each shows its own, which only the leader has, and the round ends without a rebroadcast.
   */
  #spread(height: Height): void {
    const { core, outbound } = this.#parts;
    if (this.#meshHeight === height || core.nilPower(0) <= core.faultyPower) return;
    this.fallBack();
    const hidden = core.ownVotes.filter((vote) => !isNil(vote.blockHash));
    for (const vote of hidden) outbound.toValidators({ type: "vote", vote });
  }

  /** The leader shows the polka of its round once it is there. */
  #showPolka(context: HeightContext): void {
    const { core, outbound } = this.#parts;
    if (this.#polkaHeight === context.height || leaderOf(context, 0) !== context.self) return;
    const certificate = core.polkaOf(0);
    if (certificate === undefined) return;
    this.#polkaHeight = context.height;
    outbound.toValidators({ type: "certificate", certificate });
  }

  /** A peer has shown a verified certificate. */
  learned(peerId: string, certificate: Certificate): void {
    if (!isCommit(certificate)) return;
    this.#learnedHeight = certificate.height;
    this.#parts.peers.decided(peerId, certificate.height);
  }

  /** A certificate that the core shows to all. */
  certificate(certificate: Certificate): void {
    const { outbound, peers, core } = this.#parts;
    const message = { type: "certificate", certificate } as const;
    if (!isCommit(certificate)) {
      outbound.toValidators(message);
      return;
    }
    const { height, round } = certificate;
    const isRelayed = round === 0 && this.#isOn(core.context) && this.#meshHeight !== height;
    if (isRelayed && this.#learnedHeight === height) return;
    for (const { peer, decidedHeight } of peers.validators()) {
      if (decidedHeight < height) outbound.to(peer.id, message);
    }
  }

  #isOn({ validators }: HeightContext): boolean {
    const { mode } = this.#parts;
    return mode === "leader" || (mode === "auto" && validators.length > MESH_VALIDATORS);
  }

  #isRelayed({ height, round, blockHash }: Vote): boolean {
    const isOn = this.#isOn(this.#parts.core.context);
    const isOpen = round === 0 && this.#meshHeight !== height && isOn;
    return isOpen && !isNil(blockHash);
  }

  /** The links that a relayed vote takes; undefined, so all, where the leader's is down. */
  #collectors(context: HeightContext, { type, height }: Vote): readonly string[] | undefined {
    const leader = leaderOf(context, 0);
    const wanted = new Set([leader]);
    if (type !== PREVOTE) wanted.add(leaderOf({ ...context, height: height + 1 }, 0));
    const linked = this.#parts.peers
      .validators()
      .filter(({ validatorIndex }) => validatorIndex !== undefined && wanted.has(validatorIndex));
    const hasLeader =
      leader === context.self || linked.some(({ validatorIndex }) => validatorIndex === leader);
    return hasLeader ? linked.map(({ peer }) => peer.id) : undefined;
  }
}

const isCommit = ({ type, blockHash }: Certificate): boolean =>
  type === PRECOMMIT && !isNil(blockHash);
