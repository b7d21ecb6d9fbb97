// What a simulated process sees of its world. simulation.ts provides it; nodes and Byzantine
// behaviours use it and nothing else, so each can be tested or replaced alone.

import type { Effect, Input } from "../../src/consensus/api.ts";
import type { Certificate, CertifiedBlock, ValidatorSet } from "../../src/types/chain.ts";
import type { ProposalMessage, RoundCertificate, Vote } from "../../src/types/consensus.ts";
import type { Rng } from "../world/rng.ts";
import type { Plot } from "./byzantine-senders.ts";
import type { Checks } from "./checks.ts";
import { type Envelope, seal } from "./envelope.ts";

export interface World {
  readonly validators: ValidatorSet;
  readonly leaderOrder: readonly number[];
  /** Number of processes: one a validator, one more with a twin. */
  readonly processes: number;
  readonly checks: Checks;
  readonly rng: Rng;
  /** What the culprits that plot together have agreed on. */
  readonly plot: Plot;
  /** Check also that nobody changes what a frame was read as. */
  readonly isDeep: boolean;
  /** Told of every step where a trace is wanted. */
  readonly stepped:
    | ((process: number, input: Input, effects: readonly Effect[]) => void)
    | undefined;
  /** The wall clock of a process, in whole milliseconds. */
  clockMs(process: number): number;
  send(from: number, to: number, envelope: Envelope): void;
  /** Sends so that it arrives just before the receiver's next timeout, loss and delay aside. */
  sendLate(from: number, to: number, envelope: Envelope): void;
  /** Fires `input` into the process unless it crashed meanwhile; returns when, in virtual time. */
  startTimer(process: number, delayMs: number, input: Input): number;
  /** Asks for lag() of the process after the delay. */
  startLagTimer(process: number, delayMs: number): void;
  /** A process stopped itself at a planned point. */
  crashed(process: number): void;
}

/** Where a node's own messages go: to everybody, or to whom a Byzantine behaviour likes. */
export interface Outbound {
  proposal(message: ProposalMessage): void;
  vote(vote: Vote): void;
  certificate(certificate: Certificate): void;
  roundCertificate(certificate: RoundCertificate): void;
  /** The node entered a round. */
  round?(height: number, round: number): void;
  /** Somebody asked for blocks, and these are held. */
  answer?(to: number, blocks: readonly CertifiedBlock[]): void;
}

/** The honest way: everything to every other process. */
export function broadcastTo(world: World, self: number, envelope: Envelope): void {
  for (let to = 0; to < world.processes; to++) {
    if (to !== self) world.send(self, to, envelope);
  }
}

/** Each own message to everybody, as the node made it. */
export const honestOutbound = (world: World, self: number): Outbound => ({
  proposal: (proposal) => broadcastTo(world, self, seal({ type: "proposal", proposal })),
  vote: (vote) => broadcastTo(world, self, seal({ type: "vote", vote })),
  certificate: (certificate) =>
    broadcastTo(world, self, seal({ type: "certificate", certificate })),
  roundCertificate: (certificate) =>
    broadcastTo(world, self, seal({ type: "roundCertificate", certificate })),
});

/** What a node repeats on a rebroadcast timeout. */
export function sayAgain(
  outbound: Outbound,
  { proposal, votes, certificate, roundCertificate }: Extract<Effect, { type: "rebroadcast" }>,
): void {
  if (proposal !== undefined) outbound.proposal(proposal);
  for (const vote of votes) outbound.vote(vote);
  if (certificate !== undefined) outbound.certificate(certificate);
  if (roundCertificate !== undefined) outbound.roundCertificate(roundCertificate);
}
