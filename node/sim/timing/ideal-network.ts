// The bench's world: nodes run the production core on virtual time, and everything between the cores
// is idealised, so that what is measured is the protocol alone. Signatures are a constant, messages
// travel as objects (no codec), nothing is lost, and a step takes no time. A link delays each message
// by 0.8 to 1.2 of the stated delay, evenly spread; 1 % of messages take 4 delays.

import type { Rng } from "../world/rng.ts";
import { EventQueue, type Scheduled } from "./event-queue.ts";

/** Share of messages that take STRAGGLER_DELAYS. */
const STRAGGLER_SHARE = 0.01;
const STRAGGLER_DELAYS = 4;

/** The wall clock at virtual time 0. */
const START_MS = 1_700_000_000_000;

interface Delivery extends Scheduled {
  readonly run: () => void;
}

export class IdealNetwork {
  /** Virtual milliseconds since the start. */
  nowMs = 0;
  private readonly queue = new EventQueue<Delivery>();
  private readonly delayMs: number;
  private readonly rng: Rng;
  private seq = 0;

  /** @param delayMs the one-way link delay that the bench calls delta. */
  constructor(delayMs: number, rng: Rng) {
    this.delayMs = delayMs;
    this.rng = rng;
  }

  /** The wall clock of every node: no skew. */
  wallClockMs(): number {
    return START_MS + Math.floor(this.nowMs);
  }

  /** Runs `run` after `delayMs` of virtual time. */
  after(delayMs: number, run: () => void): void {
    this.queue.push({ atMs: this.nowMs + delayMs, seq: this.seq++, run });
  }

  /** Runs `arrive` when a message sent now arrives. */
  send(arrive: () => void): void {
    this.after(this.linkMs(), arrive);
  }

  /** How long a message takes now. */
  linkMs(): number {
    const isLate = this.rng.chance(STRAGGLER_SHARE);
    return this.delayMs * (isLate ? STRAGGLER_DELAYS : 0.8 + this.rng.next() * 0.4);
  }

  /** Moves on to the next event; false where there is none. */
  advance(): boolean {
    const event = this.queue.pop();
    if (event === undefined) return false;
    this.nowMs = event.atMs;
    event.run();
    return true;
  }
}
