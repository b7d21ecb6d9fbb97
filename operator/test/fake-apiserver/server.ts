/**
 * A small, strict API server in memory, on loopback over plain HTTP, for what a real one will not do on
 * demand: resets, stalls, 410, 429, half bodies. What it does serve it serves by the real rules, which
 * operator/test/kube-conformance.ts holds it to. Real behaviour is tested on kind; this one is for faults.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Endpoint } from "../../src/kube/endpoint.ts";
import { isJsonObject } from "../../src/kube/errors.ts";
import { KINDS } from "../../src/kube/kinds.ts";
import type { ResourceKind } from "../../src/kube/types.ts";
import { ApiFailure, badRequest, notFound } from "./failure.ts";
import { type Fault, FaultPlan } from "./faults.ts";
import { ObjectTable } from "./object-table.ts";
import { Lists, WatchConnection } from "./reads.ts";
import { type Route, routeOf } from "./route.ts";
import { Writes } from "./writes.ts";

export interface SeenRequest {
  readonly verb: string;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const MAX_SEEN = 20_000;

export class FakeApiServer {
  readonly table = new ObjectTable();
  readonly faults = new FaultPlan();
  /** Every request since the start, oldest first. */
  readonly seen: SeenRequest[] = [];
  readonly watches = new Set<WatchConnection>();
  readonly #kinds: readonly ResourceKind[];
  readonly #lists = new Lists(this.table);
  readonly #writes = new Writes(this.table);
  readonly #server: Server;

  private constructor(kinds: readonly ResourceKind[]) {
    this.#kinds = kinds;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => answerFailure(response, error));
    });
  }

  static async start(
    kinds: readonly ResourceKind[] = Object.values(KINDS),
  ): Promise<FakeApiServer> {
    const fake = new FakeApiServer(kinds);
    await new Promise<void>((resolve) => {
      fake.#server.listen(0, "127.0.0.1", resolve);
    });
    return fake;
  }

  /** Where it listens, as KubeHttp takes it. */
  get endpoint(): Endpoint {
    const address = this.#server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const server = new URL(`http://127.0.0.1:${port}`);
    return { server, requestOptions: async () => ({ headers: { Authorization: "Bearer fake" } }) };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** The requests of one verb so far. */
  seenBy(verb: string): SeenRequest[] {
    return this.seen.filter((request) => request.verb === verb);
  }

  bookmark(): void {
    for (const watch of this.watches) watch.bookmark(this.table.revision);
  }

  /** The history is compacted: resource versions and continue tokens given out so far are Gone. */
  compact(): void {
    this.table.compact();
    this.#lists.expire();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const route = routeOf(request, this.#kinds);
    this.#note(request, route, body);
    const fault = this.faults.take(route.verb, route.path);
    if (route.verb === "watch" && !isRefusal(fault)) return this.#watch(route, response, fault);
    if (before(fault, response)) return;
    const { status, value } = this.#answer(route, body);
    await send(response, { status, text: JSON.stringify(value), fault });
  }

  #note(request: IncomingMessage, route: Route, body: string): void {
    const { headers, method = "", url = "" } = request;
    this.seen.push({ verb: route.verb, method, url, headers, body });
    if (this.seen.length > MAX_SEEN) this.seen.shift();
  }

  #watch(route: Route, response: ServerResponse, fault: Fault | undefined): void {
    const watch = new WatchConnection(route, response, fault);
    this.watches.add(watch);
    response.once("close", () => this.watches.delete(watch));
    watch.open(this.table);
  }

  #answer(route: Route, text: string): { status: number; value: unknown } {
    const { verb } = route;
    const ok = (value: unknown) => ({ status: 200, value });
    if (verb === "get") return ok(this.#get(route));
    if (verb === "list") return ok(this.#lists.list(route));
    const body = text === "" ? undefined : parse(text);
    if (verb === "create") return { status: 201, value: this.#writes.create(route, body) };
    if (verb === "replace") return ok(this.#writes.replace(route, body));
    if (verb === "patch") return ok(this.#writes.patch(route, body));
    if (verb === "apply") return ok(this.#writes.apply(route, body));
    if (verb === "evict") return this.#evict(route, body);
    this.#writes.remove(route, body);
    return ok({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" });
  }

  #get(route: Route): unknown {
    const row = this.table.row(route.kind, route.namespace, route.name ?? "");
    if (row === undefined) throw notFound(`${route.kind.plural} "${route.name}"`);
    return row.object;
  }

  #evict(route: Route, body: unknown): { status: number; value: unknown } {
    const eviction = isJsonObject(body) ? body : {};
    if (eviction["kind"] !== "Eviction" || eviction["apiVersion"] !== "policy/v1") {
      throw badRequest("not an Eviction");
    }
    this.#writes.remove(route, eviction["deleteOptions"]);
    return {
      status: 201,
      value: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" },
    };
  }
}

/** Faults that a watch meets before it opens. */
const isRefusal = (fault: Fault | undefined) =>
  fault?.type === "status" ||
  fault?.type === "hang" ||
  fault?.type === "page" ||
  (fault?.type === "reset" && fault.afterEvents === undefined);

/** Acts out a fault that comes before any work; true where the call ends with it. */
function before(fault: Fault | undefined, response: ServerResponse): boolean {
  if (fault?.type === "hang") return true;
  if (fault?.type === "reset") {
    response.socket?.resetAndDestroy();
    return true;
  }
  if (fault?.type === "status") throw new ApiFailure({ message: "injected", ...fault });
  if (fault?.type !== "page") return false;
  response.writeHead(200, { "Content-Type": "text/html" }).end(fault.body);
  return true;
}

async function send(
  response: ServerResponse,
  answer: { readonly status: number; readonly text: string; readonly fault: Fault | undefined },
): Promise<void> {
  const { status, text, fault } = answer;
  if (fault?.type === "resetAfterWrite") {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(status, { "Content-Type": "application/json" });
  if (fault?.type === "halfBody") {
    response.write(text.slice(0, text.length / 2));
    return;
  }
  const bytes = Buffer.from(text);
  const size = fault?.type === "pieces" ? fault.sizeBytes : bytes.length;
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    await new Promise<void>((resolve) => {
      response.write(piece, () => resolve());
    });
  }
  response.end();
}

function answerFailure(response: ServerResponse, error: unknown): void {
  const failure =
    error instanceof ApiFailure
      ? error
      : new ApiFailure({ status: 500, reason: "InternalError", message: String(error) });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, retryAfterSeconds } = failure.fields;
  response.writeHead(status, {
    "Content-Type": "application/json",
    ...(retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) }),
  });
  response.end(JSON.stringify(failure.toStatus()));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("the body is not JSON");
  }
}
