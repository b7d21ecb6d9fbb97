/**
 * Records events.k8s.io/v1 Events: what happened to which object and why, for `kubectl describe`.
 * Recording never waits and never fails: a bounded backlog is sent one at a time at a limited rate, and
 * what does not fit is dropped and counted. The same (uid, reason, note) within ten minutes becomes one
 * Event with a series. Notes pass through scrub(), and callers put no key material in them. Called by
 * reconcilers on transitions only.
 */
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { type Clock, type Random, sleep } from "./clock.ts";
import { isNotFound } from "./errors.ts";
import type { KubeHttp } from "./http.ts";
import { KINDS } from "./kinds.ts";
import { microTime } from "./micro-time.ts";
import { TokenBucket } from "./token-bucket.ts";
import { apiVersionOf, type KubeObject } from "./types.ts";

export interface EventInput {
  readonly regarding: KubeObject;
  readonly related?: KubeObject;
  readonly type: "Normal" | "Warning";
  /** PascalCase, stable. */
  readonly reason: string;
  /** What the operator did or tried, PascalCase. */
  readonly action: string;
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly http: Pick<KubeHttp, "create" | "mergePatch">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** e.g. timecoin.dev/operator */
  readonly controller: string;
  /** The pod's name. */
  readonly instance: string;
  readonly maxPending?: number;
}

interface Entry {
  readonly input: EventInput;
  readonly firstMs: number;
  lastMs: number;
  count: number;
  /** The Event's name once it is created. */
  name: string | undefined;
}

const DEDUPE_MS = 600_000;
const MAX_ENTRIES = 1_000;
const RATE = { ratePerSecond: 5, burst: 25 };

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #limiter: TokenBucket;
  readonly #maxPending: number;
  /** Recent events by (uid, reason, note). */
  readonly #entries = new LRUCache<string, Entry>({ max: MAX_ENTRIES });
  readonly #pending = new Set<Entry>();
  #wake = Promise.withResolvers<void>();
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#maxPending = options.maxPending ?? 500;
    this.#limiter = new TokenBucket({ ...RATE, clock: options.clock });
  }

  /** Events that were not sent: the backlog was full, or the server refused them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Notes the event; it is sent when run() comes to it. */
  record(input: EventInput): void {
    const nowMs = this.#options.clock.epochMs();
    const key = JSON.stringify([input.regarding.metadata.uid, input.reason, input.note]);
    const known = this.#entries.get(key);
    const fresh = known === undefined || nowMs - known.firstMs >= DEDUPE_MS;
    const entry = fresh
      ? { input, firstMs: nowMs, lastMs: nowMs, count: 0, name: undefined }
      : known;
    if (!this.#pending.has(entry) && this.#pending.size >= this.#maxPending) {
      this.#dropped++;
      return;
    }
    entry.count++;
    entry.lastMs = nowMs;
    this.#entries.set(key, entry);
    this.#pending.add(entry);
    this.#wake.resolve();
  }

  /** Sends until `signal` aborts; then what is pending gets one last second. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = () => this.#wake.resolve();
    signal.addEventListener("abort", wake, { once: true });
    while (!signal.aborted) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
      await this.#sendPending(signal);
    }
    const { clock } = this.#options;
    const last = new AbortController();
    const cancel = clock.after(1_000, () => last.abort());
    await this.#sendPending(last.signal);
    cancel();
  }

  async #sendPending(signal: AbortSignal): Promise<void> {
    for (const entry of this.#pending) {
      await sleep(this.#options.clock, this.#limiter.reserveMs() ?? 0, signal);
      if (signal.aborted) return;
      this.#pending.delete(entry);
      try {
        await this.#send(entry, signal);
      } catch (error) {
        this.#dropped++;
        this.#options.logger.debug({ err: error, reason: entry.input.reason }, "event not sent");
      }
    }
  }

  async #send(entry: Entry, signal: AbortSignal): Promise<void> {
    if (entry.name !== undefined && (await this.#extend(entry, entry.name, signal))) return;
    const created = await this.#options.http.create(KINDS.Event, this.#eventOf(entry), { signal });
    entry.name = created.metadata.name;
    if (entry.count > 1) this.#pending.add(entry); // an Event begins without a series
  }

  /** False where the Event has expired on the server. */
  async #extend(entry: Entry, name: string, signal: AbortSignal): Promise<boolean> {
    const ref = { kind: KINDS.Event, namespace: namespaceOf(entry.input.regarding), name };
    const series = { count: Math.max(2, entry.count), lastObservedTime: microTime(entry.lastMs) };
    try {
      await this.#options.http.mergePatch(ref, { series }, { signal });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  #eventOf(entry: Entry): KubeObject {
    const { controller, instance, random } = this.#options;
    const { regarding, related, type, reason, action, note } = entry.input;
    const stamp = entry.firstMs.toString(16).padStart(12, "0");
    const suffix = Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, "0");
    return {
      apiVersion: apiVersionOf(KINDS.Event),
      kind: KINDS.Event.kind,
      metadata: {
        name: `${(regarding.metadata.name ?? "").slice(0, 200)}.${stamp}${suffix}`,
        namespace: namespaceOf(regarding),
      },
      eventTime: microTime(entry.firstMs),
      type,
      reason: reason.slice(0, 128),
      action: action.slice(0, 128),
      note: clipped(scrub(note)),
      reportingController: controller,
      reportingInstance: instance.slice(0, 128),
      regarding: referenceTo(regarding),
      ...(related === undefined ? {} : { related: referenceTo(related) }),
    };
  }
}

/** `note` without PEM blocks and bearer tokens: the last guard, not the first. */
export function scrub(note: string): string {
  return note
    .replaceAll(/-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g, "[removed]")
    .replaceAll(/\bBearer\s+\S+/gi, "Bearer [removed]")
    .replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "[removed]");
}

/** The server's limit is 1,024 bytes; cut at a character's end. */
function clipped(note: string): string {
  if (Buffer.byteLength(note) <= 1024) return note;
  const cut = Buffer.from(note).subarray(0, 1020).toString("utf8");
  return `${cut.replace(/\uFFFD+$/, "")}…`;
}

const namespaceOf = (object: KubeObject) => object.metadata.namespace ?? "default";

function referenceTo(object: KubeObject) {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    namespace,
    uid,
    resourceVersion,
  };
}
