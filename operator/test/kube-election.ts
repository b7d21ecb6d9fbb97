/**
 * Elections on virtual time: one Lease, a network that delays, refuses and loses answers, candidates.
 */
import { type Clock, sleep } from "../src/kube/clock.ts";
import { KubeError, type KubeErrorCode } from "../src/kube/errors.ts";
import { LeaderElector } from "../src/kube/lease.ts";
import type { KubeObject } from "../src/kube/types.ts";
import { silent } from "./kube-harness.ts";
import type { VirtualClock } from "./kube-virtual-clock.ts";

/** One Lease on virtual time, behind a network that delays, refuses, and loses answers. */
export class LeaseServer {
  lease: KubeObject | undefined;
  readonly #clock: VirtualClock;
  #version = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** The client of one elector. */
  through(weather: Weather) {
    const call = async (act: () => KubeObject) => {
      const { delayMs, fate } = weather.next();
      await sleep(this.#clock, delayMs);
      if (fate === "refused") throw failure("Network");
      const answer = act();
      await sleep(this.#clock, delayMs);
      if (fate === "answerLost") throw failure("Timeout");
      return answer;
    };
    return {
      get: () => call(() => this.#found()),
      create: (_: unknown, lease: KubeObject) => call(() => this.#created(lease)),
      replace: (_: unknown, lease: KubeObject) => call(() => this.#replaced(lease)),
    };
  }

  /** A renewal arrives that its sender has given up. */
  lateRenewal(): void {
    this.#stored(this.#found());
  }

  #found(): KubeObject {
    if (this.lease === undefined) throw failure("NotFound");
    return this.lease;
  }

  #created(lease: KubeObject): KubeObject {
    if (this.lease !== undefined) throw failure("AlreadyExists");
    return this.#stored(lease);
  }

  #replaced(lease: KubeObject): KubeObject {
    if (this.#found().metadata.resourceVersion !== lease.metadata.resourceVersion)
      throw failure("Conflict");
    return this.#stored(lease);
  }

  #stored(lease: KubeObject): KubeObject {
    const metadata = { ...lease.metadata, uid: "lease", resourceVersion: String(++this.#version) };
    this.lease = { ...lease, metadata };
    return this.lease;
  }
}

const failure = (code: KubeErrorCode) => new KubeError({ code, message: code });

export interface Passage {
  readonly delayMs: number;
  readonly fate: "arrives" | "refused" | "answerLost";
}

export class Weather {
  /** What the calls meet, over and over; a cut refuses everything. */
  readonly #passages: readonly Passage[];
  #at = 0;
  cut = false;

  constructor(passages: readonly Passage[] = [{ delayMs: 1, fate: "arrives" }]) {
    this.#passages = passages;
  }

  next(): Passage {
    if (this.cut) return { delayMs: 1, fate: "refused" };
    return this.#passages[this.#at++ % this.#passages.length] ?? { delayMs: 0, fate: "arrives" };
  }
}

export class Candidate {
  readonly weather: Weather;
  readonly elector: LeaderElector;
  readonly log: string[] = [];
  readonly #stop = new AbortController();
  readonly done: Promise<string>;

  constructor(identity: string, server: LeaseServer, options: { clock: Clock; weather?: Weather }) {
    this.weather = options.weather ?? new Weather();
    this.elector = new LeaderElector({
      http: server.through(this.weather),
      namespace: "chain",
      name: "operator",
      identity,
      clock: options.clock,
      random: () => 0.5,
      logger: silent,
      onStarted: () => this.log.push("started"),
      onLost: () => this.log.push("lost"),
    });
    this.done = this.elector.run(this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort();
  }
}
