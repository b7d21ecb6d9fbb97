// Opens an HTTP server with bounds on connections, headers and time, and closes it gracefully: no new
// request, those in progress may finish until a deadline, then their sockets are cut. Serves the RPC,
// operations and admin listeners.

import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { SecureContextOptions } from "node:tls";
import { hostRule } from "./http-host.ts";
import { HttpPlaces } from "./http-places.ts";
import { listenError } from "./listen-errors.ts";

export interface HttpOptions {
  /** What it is for, in messages: "RPC". */
  readonly what: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Names that requests may use besides addresses and localhost: http-host.ts. */
  readonly hostNames?: readonly string[];
  /** Serve https, with TLS 1.3 only. */
  readonly tls?: SecureContextOptions;
  readonly maxConnections?: number;
  readonly maxPerAddress?: number;
}

export interface HttpListener {
  readonly host: string;
  /** The real port, also where 0 was asked for. */
  readonly port: number;
  /** `http://host:port`, usable on this machine also where the host is a wildcard. */
  readonly url: string;
  /** Resolves when every socket is closed, at the latest shortly after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/** The bounds of every listener; docs/reference/rpc.md shows them. */
export const HTTP_LIMITS = {
  maxConnections: 512,
  maxPerAddress: 128,
  maxHeaders: 64,
  maxHeaderBytes: 16 * 1024,
  /** From the opening of a connection, or the last answer, to the end of the next request's headers. */
  headersTimeoutMs: 5_000,
  /** To the end of its body. */
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 5_000,
  /** Without a byte read by the client while an answer is sent. */
  answerTimeoutMs: 30_000,
} as const;

/** How often connections that are too slow are looked for. */
const CHECK_INTERVAL_MS = 1_000;

function urlOf({ tls }: HttpOptions, host: string, port: number): string {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const scheme = tls === undefined ? "http" : "https";
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

function closeServer(server: Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), deadlineMs);
    // close() reports an error only where the server was closed before: then there is nothing to do.
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Refuses requests by a wrong name before `handler` sees them. */
function guarded(handler: RequestListener, options: HttpOptions): RequestListener {
  const isRight = hostRule(options.host, options.hostNames ?? []);
  return (request, response) => {
    if (isRight(request.headers.host)) return handler(request, response);
    const reason = `${options.what} does not answer under the name in the Host header`;
    response.writeHead(403, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify({ ok: false, reason }));
    return undefined;
  };
}

function makeServer(handler: RequestListener, { tls }: HttpOptions): Server {
  const limits: ServerOptions = {
    maxHeaderSize: HTTP_LIMITS.maxHeaderBytes,
    headersTimeout: HTTP_LIMITS.headersTimeoutMs,
    requestTimeout: HTTP_LIMITS.requestTimeoutMs,
    keepAliveTimeout: HTTP_LIMITS.keepAliveTimeoutMs,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
  };
  if (tls === undefined) return createServer(limits, handler);
  const handshakeTimeout = HTTP_LIMITS.headersTimeoutMs;
  return createTlsServer({ ...limits, ...tls, minVersion: "TLSv1.3", handshakeTimeout }, handler);
}

/** Bounds who holds connections and for how long. */
function bound(server: Server, options: HttpOptions): void {
  const { maxConnections, maxPerAddress, answerTimeoutMs } = { ...HTTP_LIMITS, ...options };
  const places = new HttpPlaces({ maxConnections, maxPerAddress });
  server.maxHeadersCount = HTTP_LIMITS.maxHeaders;
  server.on("connection", (socket) => places.admit(socket));
  server.prependListener("request", (request, response) => {
    const { socket } = request;
    request.once("end", () => places.requestRead(socket));
    response.once("prefinish", () => {
      places.answered(socket);
      response.setTimeout(answerTimeoutMs);
    });
    // After close() a kept-alive socket is closed once its answer is out, not after its timeout.
    response.once("close", () => {
      places.answered(socket);
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
}

/**
 * Listens and serves `handler`.
 * @throws CodedError PORT_IN_USE, PORT_DENIED or HOST_UNAVAILABLE.
 */
export function listenHttp(handler: RequestListener, options: HttpOptions): Promise<HttpListener> {
  const { what, host, port } = options;
  const server = makeServer(guarded(handler, options), options);
  bound(server, options);
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, what, host, port)));
    server.listen({ host, port }, () => {
      const address = server.address();
      const actualPort = typeof address === "object" && address !== null ? address.port : port;
      resolve({
        host,
        port: actualPort,
        url: urlOf(options, host, actualPort),
        close: (deadlineMs) => closeServer(server, deadlineMs),
      });
    });
  });
}
