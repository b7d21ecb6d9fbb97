// One timed run: a network of production nodes, f of them the adversary's where there is one, until every
// honest node has decided the heights asked for. What is measured: view changes, how each height went,
// and what each node spent and sent in the heights after the first few. Same options, same report.
// Called by view-change.ts, round-zero.ts and scaling.ts.

import { encodeTransaction } from "../../src/codec/chain.ts";
import type { HeightContext } from "../../src/consensus/api.ts";
import { leaderOf } from "../../src/consensus/proposer.ts";
import type { CertifiedBlock } from "../../src/types/chain.ts";
import { payment } from "../world/chain.ts";
import { newRng } from "../world/rng.ts";
import { type Adversary, type AdversaryPlace, adversaryOf } from "./adversary.ts";
import { type NetworkOptions, TimedNetwork, type TimedNode } from "./network.ts";
import { SPENT_ON, type SpentOn } from "./processor.ts";
import { type ViewChange, ViewChangeClock } from "./view-change-clock.ts";

export interface RunOptions extends NetworkOptions {
  readonly seed: number;
  /** Heights that are measured. */
  readonly heights: number;
  /** Heights before those, in which links are measured and nobody equivocates. */
  readonly warmUpHeights: number;
  readonly adversary: Adversary;
  readonly placement: AdversaryPlace;
  /** Payments that are all made at once, after the warm-up; none by default. */
  readonly payments?: number;
}

export interface HeightTiming {
  /** Round of the commit certificate of the first honest node that decided. */
  readonly decidedRound: number;
  /** Highest round that an honest node entered. */
  readonly lastRound: number;
  /** First honest node begins the height to last honest node has it on its disk. */
  readonly tookMs: number;
}

export interface LedViewChange extends ViewChange {
  /** The leader of the failed round is one of the adversary's. */
  readonly ledByCulprit: boolean;
}

/** What happened between the warm-up's last height and the last one. */
export interface Stretch {
  readonly heights: number;
  readonly elapsedMs: number;
  /** Of all nodes together. */
  readonly cpuMs: Readonly<Record<SpentOn, number>>;
  readonly busiestCpuMs: number;
  readonly sentBytes: number;
  readonly mostSentBytes: number;
}

export interface TimedReport {
  readonly heights: readonly HeightTiming[];
  readonly viewChanges: readonly LedViewChange[];
  readonly stretch: Stretch;
  /** Of its transactions. */
  readonly largestBlockBytes: number;
}

/** A run that takes longer than this for a height is stuck. */
const STUCK_MS = 600_000;

/** @throws Error where the nodes stop deciding: that is a finding, not a figure. */
export const runTimed = (options: RunOptions): TimedReport => new TimedRun(options).run();

class TimedRun {
  readonly #options: RunOptions;
  readonly #network: TimedNetwork;
  readonly #clock: ViewChangeClock;
  readonly #honest: readonly TimedNode[];
  readonly #culprits: ReadonlySet<number>;
  /** By height: what fixed it. */
  readonly #contexts: (HeightContext | undefined)[] = [];
  /** By node: the height and round it is in. */
  readonly #places = new Map<TimedNode, { height: number; round: number }>();
  readonly #decidedRounds: number[] = [];
  readonly #decidedMs: number[] = [];
  #target: number;
  #done = 0;
  #lastDecisionMs = 0;
  #begin: Snapshot | undefined;
  #largestBlockBytes = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#target = options.warmUpHeights + options.heights;
    const rng = newRng(options.seed);
    const adversary = adversaryOf(options, rng);
    this.#culprits = adversary.indices;
    const wallets = options.payments;
    const network = wallets === undefined ? options : { ...options, wallets };
    this.#network = new TimedNetwork(network, rng, {
      entered: (node, height, round) => this.#entered(node, height, round),
      committed: (node, certified) => this.#committed(node, certified),
      corrupt: (index, world) => adversary.corrupt(index, world),
    });
    this.#clock = new ViewChangeClock(options.nodes);
    this.#honest = this.#network.nodes.filter(({ index }) => !this.#culprits.has(index));
  }

  run(): TimedReport {
    const { time } = this.#network;
    this.#network.start();
    while (this.#done < this.#honest.length) {
      if (!time.next()) throw new Error("the event queue drained");
      if (time.monotonicMs() > this.#lastDecisionMs + STUCK_MS) {
        throw new Error(`seed ${this.#options.seed}: nobody decides any more`);
      }
    }
    return {
      heights: this.#heightTimings(),
      viewChanges: this.#ledViewChanges(),
      stretch: this.#stretch(),
      largestBlockBytes: this.#largestBlockBytes,
    };
  }

  #entered(node: TimedNode, height: number, round: number): void {
    if (this.#culprits.has(node.index)) return;
    if (round === 0) this.#contexts[height] ??= node.machine.node?.chain.nextContext();
    const last = this.#places.get(node);
    const from = last?.height === height ? last.round : -1;
    this.#places.set(node, { height, round });
    this.#clock.entered(height, from, round, this.#nowMs(node));
  }

  #committed(node: TimedNode, { block, certificate }: CertifiedBlock): void {
    if (this.#culprits.has(node.index)) return;
    const { height } = certificate;
    this.#lastDecisionMs = this.#network.time.monotonicMs();
    this.#decidedRounds[height] ??= certificate.round;
    this.#decidedMs[height] = this.#nowMs(node);
    if (height === this.#options.warmUpHeights && this.#begin === undefined) {
      this.#begin = this.#snapshot();
      this.#pay();
    }
    const bytes = block.transactions.reduce((sum, tx) => sum + encodeTransaction(tx).length, 0);
    this.#largestBlockBytes = Math.max(this.#largestBlockBytes, bytes);
    // The adversary is found out: it is gone in two heights.
    if (block.evidence.length > 0) this.#target = Math.min(this.#target, height + 1);
    if (height === this.#target) this.#done++;
  }

  /** Each account pays the next, to the node of its number. */
  #pay(): void {
    const { payments = 0 } = this.#options;
    const { chain, nodes, time } = this.#network;
    for (let i = 0; i < payments; i++) {
      const driver = nodes[i % nodes.length]?.machine.node?.driver;
      const spend = { from: i, to: (i + 1) % payments, outputs: 1 };
      time.startTimer(1, () => driver?.submit(payment(chain, spend)));
    }
  }

  #nowMs({ thread }: TimedNode): number {
    return this.#network.time.monotonicMs() + thread.aheadMs;
  }

  #ledViewChanges(): LedViewChange[] {
    const isMeasured = ({ height }: ViewChange) => height > this.#options.warmUpHeights;
    return this.#clock
      .viewChanges(this.#target)
      .filter(isMeasured)
      .map((change) => {
        const context = this.#contexts[change.height];
        const leader = context === undefined ? undefined : leaderOf(context, change.round);
        const key = leader === undefined ? undefined : context?.validators[leader]?.publicKey;
        const index = this.#network.chain.set.findIndex((known) => known.publicKey === key);
        return { ...change, ledByCulprit: this.#culprits.has(index) };
      });
  }

  #heightTimings(): HeightTiming[] {
    const { warmUpHeights } = this.#options;
    return Array.from({ length: this.#target - warmUpHeights }, (_, i) => {
      const height = warmUpHeights + i + 1;
      return {
        decidedRound: this.#decidedRounds[height] ?? -1,
        lastRound: this.#clock.lastRound(height),
        tookMs: (this.#decidedMs[height] ?? 0) - this.#clock.startedMs(height),
      };
    });
  }

  #snapshot(): Snapshot {
    const { nodes, wire, time } = this.#network;
    return {
      atMs: time.monotonicMs(),
      cpuMs: nodes.map(({ thread }) => ({ ...thread.totalMs })),
      sentBytes: nodes.map(({ index }) => wire.outBytes(index)),
    };
  }

  #stretch(): Stretch {
    const end = this.#snapshot();
    const begin = this.#begin ?? end;
    const spent = end.cpuMs.map((total, i) =>
      SPENT_ON.map((on) => total[on] - (begin.cpuMs[i]?.[on] ?? 0)),
    );
    const sent = end.sentBytes.map((bytes, i) => bytes - (begin.sentBytes[i] ?? 0));
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    return {
      heights: this.#target - this.#options.warmUpHeights,
      elapsedMs: end.atMs - begin.atMs,
      cpuMs: Object.fromEntries(
        SPENT_ON.map((on, kind) => [on, sum(spent.map((of) => of[kind] ?? 0))]),
      ) as Record<SpentOn, number>,
      busiestCpuMs: Math.max(...spent.map(sum)),
      sentBytes: sum(sent),
      mostSentBytes: Math.max(...sent),
    };
  }
}

interface Snapshot {
  readonly atMs: number;
  /** By node. */
  readonly cpuMs: readonly Readonly<Record<SpentOn, number>>[];
  readonly sentBytes: readonly number[];
}
