/**
 * One request over node:https and its answer. Every wait has an end: a deadline covers connection,
 * headers and, for calls, the body; bodies are bounded. No retries and no meaning here: HttpCaller adds
 * them. Failures leave as KubeError with code Timeout, Network, Aborted, TooLarge or Credentials.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { Clock } from "./clock.ts";
import type { Endpoint, EndpointOptions } from "./endpoint.ts";
import { KubeError } from "./errors.ts";

export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** A page of 500 objects at etcd's limit would be larger; none of our kinds comes near. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export class Transport {
  readonly #endpoint: Endpoint;
  readonly #clock: Clock;

  constructor(endpoint: Endpoint, clock: Clock) {
    this.#endpoint = endpoint;
    this.#clock = clock;
  }

  /** Sends the request and reads the whole answer within `timeoutMs`. */
  async exchange(request: TransportRequest): Promise<TransportResponse> {
    const flight = new Flight(request, this.#clock);
    try {
      const response = await flight.send(this.#endpoint);
      return await flight.readAll(response);
    } catch (error) {
      throw flight.explain(error);
    } finally {
      flight.end();
    }
  }

  /**
   * Sends the request and hands over the answer's stream once its headers are there within `timeoutMs`;
   * from then on only `signal` or the reader ends it. An answer outside 2xx is read and returned whole.
   */
  async open(request: TransportRequest): Promise<IncomingMessage | TransportResponse> {
    const flight = new Flight(request, this.#clock);
    try {
      const response = await flight.send(this.#endpoint);
      if (response.statusCode === 200) return response;
      return await flight.readAll(response);
    } catch (error) {
      throw flight.explain(error);
    } finally {
      flight.end();
    }
  }
}

/** The state of one request: why it was cut, so that the error can say so. */
class Flight {
  readonly #request: TransportRequest;
  readonly #deadline = new AbortController();
  readonly #cancelDeadline: () => void;

  constructor(request: TransportRequest, clock: Clock) {
    this.#request = request;
    this.#cancelDeadline = clock.after(request.timeoutMs, () => this.#deadline.abort());
  }

  async send(endpoint: Endpoint): Promise<IncomingMessage> {
    const { signal } = this.#request;
    const options = await optionsOf(endpoint);
    const cut = signal === undefined ? [] : [signal];
    return new Promise((resolve, reject) => {
      const full: RequestOptions = { ...options, ...this.#target(endpoint.server, options) };
      full.signal = AbortSignal.any([this.#deadline.signal, ...cut]);
      const outgoing = (endpoint.server.protocol === "http:" ? httpRequest : httpsRequest)(full);
      outgoing.once("response", resolve);
      outgoing.once("error", reject);
      outgoing.once("socket", (socket) => socket.setKeepAlive(true, 30_000));
      outgoing.end(this.#request.body);
    });
  }

  #target(server: URL, options: EndpointOptions): RequestOptions {
    const { method, path, body, contentType } = this.#request;
    const prefix = server.pathname === "/" ? "" : server.pathname.replace(/\/$/, "");
    return {
      method,
      host: server.hostname.replace(/^\[|\]$/g, ""),
      port: server.port === "" ? undefined : server.port,
      path: prefix + path,
      headers: {
        ...options.headers,
        Accept: "application/json",
        "User-Agent": "timecoin-operator",
        ...(contentType === undefined ? {} : { "Content-Type": contentType }),
        ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }),
      },
    };
  }

  async readAll(response: IncomingMessage): Promise<TransportResponse> {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BODY_BYTES) {
        throw new KubeError({ code: "TooLarge", message: `answer beyond ${MAX_BODY_BYTES} bytes` });
      }
      chunks.push(chunk);
    }
    return {
      status: response.statusCode ?? 0,
      retryAfter: response.headers["retry-after"],
      body: Buffer.concat(chunks).toString("utf8"),
    };
  }

  explain(error: unknown): KubeError {
    if (error instanceof KubeError) return error;
    if (this.#request.signal?.aborted === true) return abortedError();
    if (this.#deadline.signal.aborted) {
      const message = `no complete answer within ${this.#request.timeoutMs} ms`;
      return new KubeError({ code: "Timeout", message });
    }
    return networkError(error);
  }

  end(): void {
    this.#cancelDeadline();
  }
}

async function optionsOf(endpoint: Endpoint): Promise<EndpointOptions> {
  try {
    return await endpoint.requestOptions();
  } catch (cause) {
    throw new KubeError({ code: "Credentials", message: "cannot authenticate", cause });
  }
}

/** A socket's failure, by its system code alone. */
export function networkError(cause: unknown): KubeError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  return new KubeError({ code: "Network", message: `connection failed: ${code}`, cause });
}

/** The caller's own signal ended the call. */
export function abortedError(): KubeError {
  return new KubeError({ code: "Aborted", message: "the caller stopped the call" });
}
