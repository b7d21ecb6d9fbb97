// Opens an HTTP server with bounds on connections, headers and time, and closes it gracefully: no new
// request, those in progress may finish until a deadline, then their sockets are cut. Serves the RPC
// and operations listeners.

import { createServer, type RequestListener, type Server } from "node:http";
import { listenError } from "./listen-errors.ts";

export interface HttpOptions {
  /** What it is for, in messages: "RPC". */
  readonly what: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly maxConnections?: number;
  /** Time in which a whole request must have arrived. */
  readonly requestTimeoutMs?: number;
  readonly keepAliveTimeoutMs?: number;
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

const MAX_HEADERS = 64;
const MAX_HEADER_BYTES = 16 * 1024;

function urlOf(host: string, port: number): string {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return name.includes(":") ? `http://[${name}]:${port}` : `http://${name}:${port}`;
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

/**
 * Listens and serves `handler`.
 * @throws CodedError PORT_IN_USE, PORT_DENIED or HOST_UNAVAILABLE.
 */
export function listenHttp(handler: RequestListener, options: HttpOptions): Promise<HttpListener> {
  const { what, host, port } = options;
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, handler);
  server.maxConnections = options.maxConnections ?? 512;
  server.maxHeadersCount = MAX_HEADERS;
  server.requestTimeout = options.requestTimeoutMs ?? 30_000;
  server.headersTimeout = Math.min(server.requestTimeout, 10_000);
  server.keepAliveTimeout = options.keepAliveTimeoutMs ?? 5_000;
  // After close() a kept-alive socket is closed once its answer is out, not after its timeout.
  server.on("request", (_request, response) => {
    response.once("close", () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, what, host, port)));
    server.listen({ host, port }, () => {
      const address = server.address();
      const actualPort = typeof address === "object" && address !== null ? address.port : port;
      resolve({
        host,
        port: actualPort,
        url: urlOf(host, actualPort),
        close: (deadlineMs) => closeServer(server, deadlineMs),
      });
    });
  });
}
