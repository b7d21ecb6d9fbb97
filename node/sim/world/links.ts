// The links of a run: how long a frame takes from one node to another now, or that it is lost. FIFO within
// a link, as a TCP connection is, whatever the delays drawn (memory-hub.ts). Links neither duplicate nor
// reorder, because the transport cannot.

import { PRECOMMIT } from "../../src/types/chain.ts";
import { type FaultPlan, isApart, type Partition } from "../faults/plan.ts";
import type { Rng } from "./rng.ts";
import { isCutOff, type RoundPlace } from "./round-cuts.ts";

/** Delay of a late frame in link delays, which is what makes TCP wait: a segment sent again. */
const STRAGGLER_FACTOR = 6;
const PROPOSAL_BYTE = 0x10;
const VOTE_BYTE = 0x11;
const COMPACT_BYTE = 0x14;

interface World {
  readonly nodeIds: readonly string[];
  readonly nowMs: () => number;
  /** Which step of which round a frame is about; undefined: none. */
  readonly placeOf: (frame: Uint8Array) => RoundPlace | undefined;
}

export class Links {
  readonly #plan: FaultPlan;
  readonly #rng: Rng;
  readonly #nodes: number;
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #nowMs: () => number;
  readonly #placeOf: World["placeOf"];
  readonly #active = new Set<Partition>();
  /** By from × nodes + to. */
  readonly #dead: ReadonlySet<number>;
  /** By from × nodes + to: when the last byte of what was sent has left; where bandwidth is bounded. */
  readonly #freeAtMs: number[] = [];
  #healed = false;

  constructor(plan: FaultPlan, rng: Rng, { nodeIds, nowMs, placeOf }: World) {
    this.#plan = plan;
    this.#rng = rng;
    this.#nodes = nodeIds.length;
    this.#nowMs = nowMs;
    this.#placeOf = placeOf;
    this.#indexOf = new Map(nodeIds.map((id, index) => [id, index]));
    this.#dead = new Set(plan.deadLinks.map(([from, to]) => from * this.#nodes + to));
  }

  begin(partition: Partition): void {
    this.#active.add(partition);
  }

  end(partition: Partition): void {
    this.#active.delete(partition);
  }

  /** From now on nothing is lost and nothing is late, but for what lasts. */
  heal(): void {
    this.#healed = true;
    this.#active.clear();
  }

  /** One-way delay in ms of a frame sent now; undefined: it is lost. Without a frame, of a dial. */
  delayMs(fromId: string, toId: string, frame: Uint8Array | undefined): number | undefined {
    const from = this.#indexOf.get(fromId);
    const to = this.#indexOf.get(toId);
    const { delayMs, jitterMs, farMs, straggle } = this.#plan;
    // A link of a stranger has no faults.
    if (from === undefined || to === undefined) return delayMs;
    const way = from * this.#nodes + to;
    if (this.#dead.has(way)) return undefined;
    const usualMs =
      delayMs * (this.#plan.unevenLinks[way] ?? 1) +
      farMs +
      this.#rng.next() * jitterMs +
      (this.#plan.slowWays[way] ?? 0) +
      this.#queuedMs(way, frame);
    if (this.#healed) return usualMs;
    if (this.#isLost(from, to, frame)) return undefined;
    const heldMs = this.#heldMs(from);
    const isLate = straggle > 0 && this.#rng.chance(straggle);
    return Math.max(heldMs, isLate ? usualMs * STRAGGLER_FACTOR : usualMs);
  }

  /** What waits before it, and its own bytes. */
  #queuedMs(way: number, frame: Uint8Array | undefined): number {
    const { bandwidth } = this.#plan;
    if (bandwidth === 0 || frame === undefined) return 0;
    const nowMs = this.#nowMs();
    const freeAtMs = Math.max(nowMs, this.#freeAtMs[way] ?? 0) + frame.length / bandwidth;
    this.#freeAtMs[way] = freeAtMs;
    return freeAtMs - nowMs;
  }

  #isLost(from: number, to: number, frame: Uint8Array | undefined): boolean {
    const { storms, roundCuts } = this.#plan;
    if (this.#active.size > 0 && this.#isBlocked(from, to)) return true;
    if (roundCuts.length > 0 && frame !== undefined) {
      const place = this.#placeOf(frame);
      if (place !== undefined && isCutOff(roundCuts, place, from * this.#nodes + to)) return true;
    }
    if (this.#rng.chance(this.#lossOf(frame))) return true;
    if (storms.length === 0) return false;
    const isProposal = frame?.[0] === PROPOSAL_BYTE || frame?.[0] === COMPACT_BYTE;
    const nowMs = this.#nowMs();
    return isProposal && storms.some(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs);
  }

  #lossOf(frame: Uint8Array | undefined): number {
    const { loss, prevoteLoss, precommitLoss } = this.#plan;
    if (frame?.[0] !== VOTE_BYTE) return loss;
    return loss + (frame[1] === PRECOMMIT ? precommitLoss : prevoteLoss);
  }

  /** Until the end of a stall of its sender. */
  #heldMs(from: number): number {
    const { stalls } = this.#plan;
    if (stalls.length === 0) return 0;
    const nowMs = this.#nowMs();
    const held = stalls.filter(
      ({ machine, fromMs, toMs }) => machine === from && nowMs >= fromMs && nowMs < toMs,
    );
    return Math.max(0, ...held.map(({ toMs }) => toMs - nowMs));
  }

  #isBlocked(from: number, to: number): boolean {
    for (const partition of this.#active) {
      const { flapMs, fromMs } = partition;
      const isOff = flapMs > 0 && Math.floor((this.#nowMs() - fromMs) / flapMs) % 2 === 1;
      if (!isOff && isApart(partition, from, to)) return true;
    }
    return false;
  }
}
