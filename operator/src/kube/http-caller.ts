/**
 * A call as the operator makes it: rate limit, deadline, coded errors, and retries of idempotent calls
 * only. A retry waits with jitter, or as long as Retry-After says; a longer wait than a worker may be
 * held for goes back to the caller as the error it is, with retryAfterMs. Used by KubeHttp.
 */
import type { IncomingMessage } from "node:http";
import { backoffMs } from "./backoff.ts";
import type { CallOptions } from "./call-options.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import type { Endpoint } from "./endpoint.ts";
import { errorOfResponse, isJsonObject, KUBE_ERRORS, KubeError } from "./errors.ts";
import { TokenBucket } from "./token-bucket.ts";
import {
  abortedError,
  networkError,
  Transport,
  type TransportRequest,
  type TransportResponse,
} from "./transport.ts";
import type { JsonObject } from "./types.ts";

/** One finished attempt, for the latency metric. `code` is the HTTP status, or the KubeError's code. */
export interface RequestSample {
  readonly verb: string;
  readonly resource: string;
  readonly code: string;
  readonly durationMs: number;
}

export interface CallerOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly ratePerSecond?: number;
  readonly burst?: number;
  readonly timeoutMs?: number;
  readonly attempts?: number;
  readonly onRequest?: (sample: RequestSample) => void;
}

export interface Call {
  readonly verb: string;
  /** Plural and subresource, e.g. "pods/eviction". */
  readonly resource: string;
  readonly method: TransportRequest["method"];
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly idempotent: boolean;
}

const RETRY_BACKOFF = { baseMs: 100, maxMs: 5_000 };
/** Longer waits go back to the caller: a worker is not a place to sleep in. */
const MAX_RETRY_WAIT_MS = 10_000;
/** Bounds the debt of the rate limit: at 50/s about 500 calls wait at most. */
const MAX_LIMITER_WAIT_MS = 10_000;

export class HttpCaller {
  readonly #options: CallerOptions;
  readonly #transport: Transport;
  readonly #limiter: TokenBucket;

  constructor(options: CallerOptions) {
    const { clock, ratePerSecond = 50, burst = 100 } = options;
    this.#options = options;
    this.#transport = new Transport(options.endpoint, clock);
    this.#limiter = new TokenBucket({ ratePerSecond, burst, clock });
  }

  /** The JSON object that the call answers with. Throws KubeError. */
  async call(call: Call, options: CallOptions = {}): Promise<JsonObject> {
    const response = await this.#retried(call, options, (request) =>
      this.#transport.exchange(request),
    );
    return jsonOf(response, call);
  }

  /** The open body of a watch. One attempt: its caller reconnects by its own backoff. */
  async open(call: Call, options: CallOptions = {}): Promise<IncomingMessage> {
    const response = await this.#attempt(call, options, (request) => this.#transport.open(request));
    if ("body" in response) throw failure(response, call);
    return response;
  }

  async #retried(
    call: Call,
    options: CallOptions,
    send: (request: TransportRequest) => Promise<TransportResponse>,
  ): Promise<TransportResponse> {
    const attempts = call.idempotent ? (options.attempts ?? this.#options.attempts ?? 5) : 1;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(call, options, send);
      } catch (error) {
        if (!(error instanceof KubeError) || !KUBE_ERRORS[error.code].retryable) throw error;
        const waitMs = error.retryAfterMs ?? this.#retryWaitMs(attempt);
        if (attempt + 1 >= attempts || waitMs > MAX_RETRY_WAIT_MS) throw error;
        await sleep(this.#options.clock, waitMs, options.signal);
      }
    }
  }

  /** Between half and all of the backoff, so that the retries of many callers spread. */
  #retryWaitMs(attempt: number): number {
    return backoffMs(attempt, RETRY_BACKOFF) * (0.5 + this.#options.random() / 2);
  }

  async #attempt<T extends IncomingMessage | TransportResponse>(
    call: Call,
    options: CallOptions,
    send: (request: TransportRequest) => Promise<T>,
  ): Promise<T> {
    await this.#admit(options.signal);
    const startedMs = this.#options.clock.monotonicMs();
    let code = "unknown";
    try {
      const response = await send(this.#requestOf(call, options));
      code = String("status" in response ? response.status : response.statusCode);
      if ("status" in response && (response.status < 200 || response.status > 299)) {
        throw failure(response, call);
      }
      return response;
    } catch (error) {
      const coded = named(error, call);
      if (coded.status === 0) code = coded.code;
      throw coded;
    } finally {
      const durationMs = this.#options.clock.monotonicMs() - startedMs;
      this.#options.onRequest?.({ verb: call.verb, resource: call.resource, code, durationMs });
    }
  }

  async #admit(signal: AbortSignal | undefined): Promise<void> {
    const waitMs = this.#limiter.reserveMs(MAX_LIMITER_WAIT_MS);
    if (waitMs === undefined) {
      throw new KubeError({ code: "Throttled", message: "too many calls wait for the rate limit" });
    }
    if (waitMs > 0) await sleep(this.#options.clock, waitMs, signal);
    if (signal?.aborted === true) throw abortedError();
  }

  #requestOf(call: Call, options: CallOptions): TransportRequest {
    return {
      method: call.method,
      path: call.path,
      timeoutMs: options.timeoutMs ?? this.#options.timeoutMs ?? 30_000,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.contentType === undefined ? {} : { contentType: call.contentType }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
  }
}

/** What a message may say of a call: never its body, and no words of the server about a Secret. */
export function describeCall(call: Pick<Call, "verb" | "path" | "resource">): {
  readonly call: string;
  readonly confidential: boolean;
} {
  const path = call.path.split("?", 1)[0] ?? call.path;
  return { call: `${call.verb} ${path}`, confidential: call.resource.startsWith("secrets") };
}

function failure(response: TransportResponse, call: Call): KubeError {
  return errorOfResponse({ ...response, ...describeCall(call) });
}

function named(error: unknown, call: Call): KubeError {
  const coded = error instanceof KubeError ? error : networkError(error);
  if (coded.status !== 0) return coded;
  const message = `${describeCall(call).call}: ${coded.message}`;
  return new KubeError({ code: coded.code, message, cause: coded.cause });
}

function jsonOf(response: TransportResponse, call: Call): JsonObject {
  const message = `${describeCall(call).call}: the answer is not a JSON object`;
  try {
    const value: unknown = JSON.parse(response.body);
    if (isJsonObject(value)) return value;
  } catch {
    // The parser's message quotes its input, which may be a Secret.
    throw new KubeError({ code: "Protocol", message, status: response.status });
  }
  throw new KubeError({ code: "Protocol", message, status: response.status });
}
