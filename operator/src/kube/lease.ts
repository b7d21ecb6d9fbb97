/**
 * Leader election by a Lease: 15 s lease, 10 s renew deadline, a try every 2 s. Whether another's lease
 * has expired is judged by local monotonic time since its record last changed here, never by the
 * timestamps in it; every write carries the resourceVersion it was decided on. A leader stops counting
 * itself as one 10 s after it *sent* its last successful renewal, and others wait 15 s from when they
 * saw it, so two are never leaders at once while clocks run within a third of each other's speed. That
 * holds where someone deletes the Lease, too, for every candidate that had seen it.
 * Losing is final: the owner exits the process. Give it a KubeHttp of its own, so that renewals never
 * queue behind reconciles. Built by the composition root.
 */
import type { Logger } from "pino";
import { jitteredMs } from "./backoff.ts";
import type { CallOptions } from "./call-options.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import { isAlreadyExists, isConflict, isJsonObject, isNotFound } from "./errors.ts";
import type { KubeHttp } from "./http.ts";
import { KINDS } from "./kinds.ts";
import { microTime } from "./micro-time.ts";
import { apiVersionOf, type JsonObject, type KubeObject } from "./types.ts";

export interface LeaseTimings {
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

export interface LeaderElectorOptions {
  readonly http: Pick<KubeHttp, "get" | "create" | "replace">;
  readonly namespace: string;
  readonly name: string;
  /** Unique per process: pod name and a random part. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onStarted: () => void;
  /** The lease is lost: leave the process, at once. */
  readonly onLost: () => void;
  readonly timings?: LeaseTimings;
}

const DEFAULT_TIMINGS: LeaseTimings = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #timings: LeaseTimings;
  /** The lease as last read or written, and when its record was last seen to change. */
  #observed: KubeObject | undefined;
  #observedAtMs = 0;
  /** The lease that was observed is gone from the server. */
  #deleted = false;
  /** When the last successful write was sent; undefined while not leading. */
  #renewedAtMs: number | undefined;

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#timings = options.timings ?? DEFAULT_TIMINGS;
  }

  /** Whether this process may act now. Ask before every write that only a leader may do. */
  isLeader(): boolean {
    return (
      this.#renewedAtMs !== undefined &&
      this.#sinceMs(this.#renewedAtMs) < this.#timings.renewDeadlineMs
    );
  }

  /** The holder of the lease as last seen; "" where nobody holds it. */
  holder(): string {
    return holderOf(this.#observed);
  }

  /**
   * Campaigns, leads, and renews until `signal` aborts, which releases the lease ("released"; stop the
   * work before), or until leadership is lost ("lost", after onLost). Never rejects.
   */
  async run(signal: AbortSignal): Promise<"released" | "lost"> {
    const { clock, random, onStarted, onLost } = this.#options;
    while (!signal.aborted && !(await this.#attempt(signal))) {
      await sleep(clock, jitteredMs(this.#timings.retryMs, 0.2, random), signal);
    }
    if (this.#renewedAtMs !== undefined && !signal.aborted) onStarted();
    while (!signal.aborted) {
      await sleep(clock, this.#untilNextRenewalMs(), signal);
      if (signal.aborted) break;
      await this.#attempt(signal);
      if (this.isLeader()) continue;
      this.#renewedAtMs = undefined;
      onLost();
      return "lost";
    }
    await this.#release();
    return "released";
  }

  /** The usual period, cut short where the deadline is nearer, so that a loss is noticed at it. */
  #untilNextRenewalMs(): number {
    const leftMs = this.#timings.renewDeadlineMs - this.#sinceMs(this.#renewedAtMs ?? 0);
    return Math.max(0, Math.min(this.#timings.retryMs, leftMs));
  }

  /** One try to take or renew the lease. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    try {
      if (!this.#mine()) await this.#read(signal);
      return (this.#mine() || this.#free()) && (await this.#write(this.#observed, signal));
    } catch (error) {
      this.#options.logger.warn({ err: error, lease: this.#options.name }, "lease attempt failed");
      return false;
    }
  }

  /** Writes our record over `base`, or as a new lease; on a lost race reads what won. */
  async #write(base: KubeObject | undefined, signal: AbortSignal): Promise<boolean> {
    const { clock, http } = this.#options;
    const sentMs = clock.monotonicMs();
    try {
      const lease = this.#record(base);
      const call = this.#callOptions(signal);
      const written =
        base === undefined
          ? await http.create(KINDS.Lease, lease, call)
          : await http.replace(KINDS.Lease, lease, call);
      this.#observe(written);
      this.#renewedAtMs = sentMs;
      return true;
    } catch (error) {
      if (isNotFound(error)) this.#missing();
      else if (isConflict(error) || isAlreadyExists(error)) await this.#read(signal);
      else throw error;
      this.#yieldTo(holderOf(this.#observed));
      return false;
    }
  }

  /** Another holds what we held: over, whatever the deadline says. */
  #yieldTo(holder: string): void {
    if (holder !== "" && holder !== this.#options.identity) this.#renewedAtMs = undefined;
  }

  async #read(signal?: AbortSignal): Promise<void> {
    const { http, namespace, name } = this.#options;
    try {
      const ref = { kind: KINDS.Lease, namespace, name };
      this.#observe(await http.get(ref, this.#callOptions(signal)));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#missing();
    }
  }

  /**
   * There is no lease. Where one was seen before, someone deleted it, and its holder may still lead: the
   * wait is that of a record just changed. Its leader itself makes it anew at once.
   */
  #missing(): void {
    if (!this.#deleted) this.#observedAtMs = this.#options.clock.monotonicMs();
    this.#deleted = this.#observed !== undefined;
    if (!this.isLeader() && !this.#free()) return;
    this.#observed = undefined;
    this.#deleted = false;
  }

  #observe(lease: KubeObject): void {
    const changed = JSON.stringify(lease.spec) !== JSON.stringify(this.#observed?.spec);
    if (changed || lease.metadata.uid !== this.#observed?.metadata.uid) {
      this.#observedAtMs = this.#options.clock.monotonicMs();
    }
    this.#observed = lease;
    this.#deleted = false;
  }

  #mine(): boolean {
    return holderOf(this.#observed) === this.#options.identity;
  }

  #free(): boolean {
    if (this.#deleted) return this.#sinceMs(this.#observedAtMs) >= this.#timings.leaseMs;
    if (holderOf(this.#observed) === "") return true;
    const seconds = this.#observed?.spec?.["leaseDurationSeconds"];
    const heldMs = typeof seconds === "number" ? seconds * 1000 : this.#timings.leaseMs;
    return this.#sinceMs(this.#observedAtMs) >= Math.max(heldMs, this.#timings.leaseMs);
  }

  #record(base: KubeObject | undefined): KubeObject {
    const { clock, identity, name, namespace } = this.#options;
    const now = microTime(clock.epochMs());
    const before: JsonObject = base?.spec ?? {};
    const transitions = before["leaseTransitions"];
    const count = typeof transitions === "number" ? transitions : 0;
    const mine = before["holderIdentity"] === identity;
    return {
      apiVersion: apiVersionOf(KINDS.Lease),
      kind: KINDS.Lease.kind,
      metadata: base?.metadata ?? { name, namespace },
      spec: {
        ...before,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#timings.leaseMs / 1000),
        acquireTime: mine ? before["acquireTime"] : now,
        renewTime: now,
        leaseTransitions: base === undefined || mine ? count : count + 1,
      },
    };
  }

  /**
   * Names no holder and a lease of one second, so that the next one need not wait. A renewal that the stop
   * cut short may still arrive: the record is read afresh, and once more where it changed after that.
   */
  async #release(): Promise<void> {
    if (this.#renewedAtMs === undefined) return;
    this.#renewedAtMs = undefined;
    try {
      await this.#writeFree().catch((error: unknown) => {
        if (!isConflict(error)) throw error;
        return this.#writeFree();
      });
    } catch (error) {
      const message = "lease not released: the next leader waits for its expiry";
      this.#options.logger.warn({ err: error }, message);
    }
  }

  async #writeFree(): Promise<void> {
    await this.#read();
    if (this.#observed === undefined || !this.#mine()) return;
    const { holderIdentity: _, ...spec } = this.#observed.spec ?? {};
    const renewTime = microTime(this.#options.clock.epochMs());
    const free = { ...spec, leaseDurationSeconds: 1, renewTime };
    const released = { ...this.#observed, spec: free };
    const timeoutMs = this.#timings.retryMs;
    await this.#options.http.replace(KINDS.Lease, released, { timeoutMs });
  }

  /** Short and single: a try that hangs must leave time for the next one before the deadline. */
  #callOptions(signal: AbortSignal | undefined): CallOptions {
    const timeoutMs = this.#timings.renewDeadlineMs / 2;
    return { attempts: 1, timeoutMs, ...(signal === undefined ? {} : { signal }) };
  }

  #sinceMs(thenMs: number): number {
    return this.#options.clock.monotonicMs() - thenMs;
  }
}

function holderOf(lease: KubeObject | undefined): string {
  const holder = isJsonObject(lease?.spec) ? lease.spec["holderIdentity"] : undefined;
  return typeof holder === "string" ? holder : "";
}
