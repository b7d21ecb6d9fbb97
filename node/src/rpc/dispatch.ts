// JSON-RPC 2.0 without the HTTP: one text in, one text out (or none, for notifications). Decides
// what is a request, runs it, and turns every failure into an error object. An error that no code
// describes is logged and answered as RPC_INTERNAL: its message never leaves the node.

import type { Log, Metrics } from "../ports.ts";
import { closest } from "../types/errors/closest.ts";
import { CodedError, InvariantError } from "../types/errors.ts";
import { errorObject, type RpcErrorObject } from "./error-numbers.ts";
import type { CallContext, RpcMethod } from "./method.ts";
import { methodNamed, RPC_METHODS } from "./method-table.ts";
import type { NodeFacts } from "./node-facts.ts";

export interface RpcDependencies {
  readonly facts: NodeFacts;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly maxBatch: number;
  readonly monotonicMs: () => number;
}

type RequestId = string | number | null;

interface Answer {
  readonly jsonrpc: "2.0";
  readonly id: RequestId;
  readonly result?: unknown;
  readonly error?: RpcErrorObject;
}

interface Request {
  readonly id: RequestId;
  readonly isNotification: boolean;
  readonly method: string;
  readonly params: unknown;
}

const failed = (id: RequestId, error: RpcErrorObject): Answer => ({ jsonrpc: "2.0", id, error });

const isId = (id: unknown): id is RequestId =>
  id === null || typeof id === "string" || (typeof id === "number" && Number.isFinite(id));

/** The request, or why the value is none. */
function readRequest(value: unknown): Request | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "a request is a JSON object";
  }
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  if (jsonrpc !== "2.0") return 'jsonrpc must be "2.0"';
  if (typeof method !== "string") return "method must be a string";
  if (params !== undefined && (typeof params !== "object" || params === null)) {
    return "params must be an array or an object";
  }
  const isNotification = id === undefined;
  if (!isNotification && !isId(id)) return "id must be a string, a number or null";
  return { id: isNotification ? null : id, isNotification, method, params };
}

function idOf(value: unknown): RequestId {
  const id = (value as { id?: unknown } | null | undefined)?.id;
  return isId(id) ? id : null;
}

function unknownMethod(name: string): CodedError {
  const shown = name.slice(0, 64);
  const near = closest(
    name,
    RPC_METHODS.map((method) => method.name),
  );
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return new CodedError("RPC_METHOD_UNKNOWN", `no method ${JSON.stringify(shown)}${hint}`);
}

/** @throws InvariantError, which must end the process. */
function errorOf(cause: unknown, method: string, log: Log): RpcErrorObject {
  if (cause instanceof InvariantError) throw cause;
  const coded = cause instanceof CodedError ? cause : undefined;
  const error = coded === undefined ? undefined : errorObject(coded.code, coded.message);
  if (error !== undefined && error.code !== -32603) return error;
  log.error({ method, cause }, "RPC method failed");
  return errorObject("RPC_INTERNAL", `${method} failed; the node's log has the cause`);
}

async function run(
  method: RpcMethod,
  params: unknown,
  context: CallContext,
  { facts, log, metrics, monotonicMs }: RpcDependencies,
): Promise<Pick<Answer, "result" | "error">> {
  const startMs = monotonicMs();
  let outcome: Pick<Answer, "result" | "error">;
  try {
    outcome = { result: await method.call(facts, params, context) };
  } catch (cause) {
    outcome = { error: errorOf(cause, method.name, log) };
  }
  const result = outcome.error === undefined ? "ok" : outcome.error.data.code;
  metrics.count("rpc_requests_total", { method: method.name, result });
  metrics.observe("rpc_seconds", (monotonicMs() - startMs) / 1000, { method: method.name });
  return outcome;
}

async function answer(
  value: unknown,
  context: CallContext,
  dependencies: RpcDependencies,
): Promise<Answer | undefined> {
  const request = readRequest(value);
  if (typeof request === "string") {
    return failed(idOf(value), errorObject("RPC_INVALID_REQUEST", request));
  }
  const { id, isNotification, params } = request;
  const method = methodNamed(request.method);
  if (method === undefined) {
    const { code, message } = unknownMethod(request.method);
    dependencies.metrics.count("rpc_requests_total", { method: "unknown", result: code });
    return isNotification ? undefined : failed(id, errorObject(code, message));
  }
  const outcome = await run(method, params, context, dependencies);
  return isNotification ? undefined : { jsonrpc: "2.0", id, ...outcome };
}

/** The answer's text to a request body, or undefined where it holds only notifications. */
export async function dispatch(
  body: string,
  context: CallContext,
  dependencies: RpcDependencies,
): Promise<string | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return JSON.stringify(failed(null, errorObject("RPC_PARSE", "the body is not JSON")));
  }
  if (!Array.isArray(value)) {
    const single = await answer(value, context, dependencies);
    return single === undefined ? undefined : JSON.stringify(single);
  }
  if (value.length === 0) {
    const empty = errorObject("RPC_INVALID_REQUEST", "a batch holds at least one request");
    return JSON.stringify(failed(null, empty));
  }
  if (value.length > dependencies.maxBatch) {
    const reason = `${value.length} requests in a batch, at most ${dependencies.maxBatch} allowed`;
    return JSON.stringify(failed(null, errorObject("RPC_BATCH_TOO_LARGE", reason)));
  }
  const requests: readonly unknown[] = value;
  const answers = await Promise.all(requests.map((one) => answer(one, context, dependencies)));
  const shown = answers.filter((one) => one !== undefined);
  return shown.length === 0 ? undefined : JSON.stringify(shown);
}
