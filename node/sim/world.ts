// What a simulated process sees of its world. simulation.ts provides it; nodes and Byzantine
// behaviours use it and nothing else, so each can be tested or replaced alone.

import type { Input } from "../src/consensus/api.ts";
import type { Certificate, ValidatorSet } from "../src/types/chain.ts";
import type { ProposalMessage, RoundCertificate, Vote } from "../src/types/consensus.ts";
import type { Checks } from "./checks.ts";
import type { Envelope } from "./envelope.ts";
import type { Rng } from "./rng.ts";

export interface World {
  readonly validators: ValidatorSet;
  readonly leaderOrder: readonly number[];
  /** Number of processes: one a validator, one more with a twin. */
  readonly processes: number;
  readonly checks: Checks;
  readonly rng: Rng;
  /** Virtual wall clock without any skew. */
  nowMs(): number;
  send(from: number, to: number, envelope: Envelope): void;
  /** Fires `input` into the process unless it crashed meanwhile. */
  startTimer(process: number, delayMs: number, input: Input): void;
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
}

/** The honest way: everything to every other process. */
export function broadcastTo(world: World, self: number, envelope: Envelope): void {
  for (let to = 0; to < world.processes; to++) {
    if (to !== self) world.send(self, to, envelope);
  }
}
