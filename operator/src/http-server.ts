/**
 * /healthz (the event loop turns), /readyz (the caches are filled) and /metrics. GET only; started
 * first, so that a probe finds it while the caches are still being filled.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface HttpSources {
  readonly port: number;
  isReady(): boolean;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

/** Listens on all addresses; rejects where the port is taken. */
export async function startHttpServer(sources: HttpSources): Promise<Server> {
  const server = createServer((request, response) => {
    answer(sources, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(sources.port, resolve);
  });
  return server;
}

async function answer(
  sources: HttpSources,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { metrics } = sources;
  if (request.method !== "GET") return send(response, 405, "GET only\n");
  if (request.url === "/healthz") return send(response, 200, "ok\n");
  if (request.url === "/readyz") {
    const ready = sources.isReady();
    return send(response, ready ? 200 : 503, ready ? "ok\n" : "caches not filled yet\n");
  }
  if (request.url !== "/metrics") return send(response, 404, "not found\n");
  response.setHeader("content-type", metrics.contentType);
  send(response, 200, await metrics.text());
}

function send(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  response.end(body);
}
