/**
 * Asks the nodes of all networks how they are, in the background and at most sixteen at a time, so that
 * no worker ever waits for fifty nodes. Answers carry the time at which the question was sent. Relaxed
 * networks are asked every five seconds, attentive ones every second and whether a stop would be safe
 * as well. Bound: the members of the networks that are tracked. Written by gather.ts, run by main.ts.
 */
import { Agent } from "node:http";
import pLimit from "p-limit";
import { type Clock, sleep } from "../kube/clock.ts";
import {
  askSafeToStop,
  askStatus,
  type NodeAnswer,
  type ProbeTarget,
  type SafetyAnswer,
} from "./node-probe.ts";

export interface CollectorTarget extends ProbeTarget {
  readonly member: string;
  readonly podUID: string;
}

export type Attention = "Relaxed" | "Attentive" | "Arbiter";

export interface CollectedAnswer {
  readonly podUID: string;
  /** Monotonic: when the question was sent. */
  readonly askedAtMs: number;
  /** Epoch: when the answer came. */
  readonly receivedAtMs: number;
  readonly status: NodeAnswer | undefined;
  readonly safety: SafetyAnswer | undefined;
}

/** How the collector speaks to nodes; tests give their own. */
export interface NodeProbe {
  status(target: ProbeTarget): Promise<NodeAnswer | undefined>;
  safety(target: ProbeTarget): Promise<SafetyAnswer | undefined>;
}

export interface CollectorOptions {
  readonly clock: Clock;
  readonly probe: NodeProbe;
  /** Called after a round that may change a decision. */
  readonly onNews: (networkKey: string) => void;
}

interface Tracked {
  targets: readonly CollectorTarget[];
  attention: Attention;
  answers: ReadonlyMap<string, CollectedAnswer>;
  askedAtMs: number;
  asking: boolean;
  /** A round has ended: silence means something now. */
  hasAsked: boolean;
}

const CONCURRENCY = 16;
const TICK_MS = 250;
const PERIOD_MS: Readonly<Record<Attention, number>> = {
  Relaxed: 5_000,
  Attentive: 1_000,
  Arbiter: 1_000,
};
export const PROBE_BUDGET_MS = 2_000;

/** Probes over HTTP. */
export function httpProbe(): NodeProbe {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY * 2, timeout: 30_000 });
  const options = { agent, budgetMs: PROBE_BUDGET_MS };
  return {
    status: (target) => askStatus(target, options),
    safety: (target) => askSafeToStop(target, options),
  };
}

export class NodeCollector {
  readonly #options: CollectorOptions;
  readonly #networks = new Map<string, Tracked>();
  /** Over all networks together. */
  readonly #limited = pLimit(CONCURRENCY);

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** The pods to ask from now on, for a network. */
  track(networkKey: string, targets: readonly CollectorTarget[]): void {
    const known = this.#networks.get(networkKey);
    if (known !== undefined) {
      known.targets = targets;
      return;
    }
    this.#networks.set(networkKey, {
      targets,
      attention: "Attentive",
      answers: new Map(),
      askedAtMs: Number.NEGATIVE_INFINITY,
      asking: false,
      hasAsked: false,
    });
  }

  /** False for a network whose running members this process has not asked yet. */
  hasAsked(networkKey: string): boolean {
    const known = this.#networks.get(networkKey);
    return known !== undefined && (known.hasAsked || known.targets.length === 0);
  }

  /** How often, and whether to ask for the safety of a stop too. */
  attend(networkKey: string, attention: Attention): void {
    const known = this.#networks.get(networkKey);
    if (known !== undefined) known.attention = attention;
  }

  forget(networkKey: string): void {
    this.#networks.delete(networkKey);
  }

  /** The last answer of a member's pod; undefined where that very pod was not asked yet. */
  answerOf(networkKey: string, member: string, podUID: string): CollectedAnswer | undefined {
    const answer = this.#networks.get(networkKey)?.answers.get(member);
    return answer?.podUID === podUID ? answer : undefined;
  }

  /** Asks until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const rounds = new Set<Promise<void>>();
    while (!signal.aborted) {
      for (const [key, tracked] of this.#networks) {
        const dueMs = tracked.askedAtMs + PERIOD_MS[tracked.attention];
        if (tracked.asking || clock.monotonicMs() < dueMs) continue;
        const round = this.askRound(key);
        rounds.add(round);
        void round.finally(() => rounds.delete(round));
      }
      await sleep(clock, TICK_MS, signal);
    }
    await Promise.all(rounds);
  }

  /** Asks all members of a network once. */
  async askRound(key: string): Promise<void> {
    const tracked = this.#networks.get(key);
    if (tracked === undefined || tracked.asking) return;
    tracked.asking = true;
    tracked.askedAtMs = this.#options.clock.monotonicMs();
    const { attention } = tracked;
    const before = answeredIn(tracked.answers);
    const answers = await Promise.all(
      tracked.targets.map(async (target) => {
        const answer = await this.#limited(() => this.#ask(target, attention === "Arbiter"));
        return [target.member, answer] as const;
      }),
    );
    tracked.answers = new Map(answers);
    tracked.asking = false;
    tracked.hasAsked = true;
    const isNews = attention !== "Relaxed" || before !== answeredIn(tracked.answers);
    if (isNews) this.#options.onNews(key);
  }

  async #ask(target: CollectorTarget, withSafety: boolean): Promise<CollectedAnswer> {
    const { clock, probe } = this.#options;
    const askedAtMs = clock.monotonicMs();
    const [status, safety] = await Promise.all([
      probe.status(target),
      withSafety ? probe.safety(target) : undefined,
    ]);
    return { podUID: target.podUID, askedAtMs, receivedAtMs: clock.epochMs(), status, safety };
  }
}

/** The members that answered and those safe to stop: a change of them is news to a network at rest. */
function answeredIn(answers: ReadonlyMap<string, CollectedAnswer>): string {
  const answered = [...answers].filter(([, { status }]) => status !== undefined);
  return answered.map(([member]) => member).join(",");
}
