// JSON-RPC without the HTTP: one text in, one text out (or none, for notifications). Runs each request in
// its turn, and turns every failure into an error object. The requests of a batch run one after the
// other, and their answers together are bounded. An error that no code describes is logged and answered
// as RPC_INTERNAL: its message never leaves the node. Called by rpc-app.ts.

import type { Log, Metrics } from "../ports.ts";
import { closest } from "../types/errors/closest.ts";
import { CodedError, type ErrorCode, InvariantError } from "../types/errors.ts";
import type { AnswerPart } from "./answer-room.ts";
import { errorObject, type RpcErrorObject } from "./error-numbers.ts";
import type { CallContext, RpcMethod } from "./method.ts";
import { methodNamed, RPC_METHODS } from "./method-table.ts";
import type { NodeFacts } from "./node-facts.ts";
import { type Request, type RequestId, readBody, readRequest, type Version } from "./request.ts";
import type { Turns } from "./turns.ts";

export interface RpcDependencies {
  readonly facts: NodeFacts;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly maxBatch: number;
  readonly monotonicMs: () => number;
  readonly turns: Turns;
}

/** What belongs to one HTTP request. */
export interface RequestContext extends CallContext {
  /** Whom the calls are for: clients have turns in rotation. */
  readonly client: string;
  readonly answers: AnswerPart;
}

type Outcome = { readonly result: unknown } | { readonly error: RpcErrorObject };

/** The answer's text. Version 1 has both members, one of them null. */
function textOf(version: Version, id: RequestId, outcome: Outcome): string {
  if (version === "2") return JSON.stringify({ jsonrpc: "2.0", id, ...outcome });
  return JSON.stringify({ result: null, error: null, ...outcome, id });
}

const refusal = (code: ErrorCode, reason: string): Outcome => ({
  error: errorObject(code, reason),
});

function unknownMethod(name: string): Outcome {
  const shown = name.slice(0, 64);
  const near = closest(
    name,
    RPC_METHODS.map((method) => method.name),
  );
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return refusal("RPC_METHOD_UNKNOWN", `no method ${JSON.stringify(shown)}${hint}`);
}

/** @throws InvariantError, which must end the process. */
function failureOf(cause: unknown, method: string, log: Log): Outcome {
  if (cause instanceof InvariantError) throw cause;
  const coded = cause instanceof CodedError ? cause : undefined;
  const error = coded === undefined ? undefined : errorObject(coded.code, coded.message);
  if (error !== undefined && error.code !== -32603) return { error };
  log.error({ method, cause }, "RPC method failed");
  return refusal("RPC_INTERNAL", `${method} failed; the node's log has the cause`);
}

/** The text of a result, counted; or the error that stands in its place. */
function bounded(request: Request, outcome: Outcome, { answers }: RequestContext): string {
  const text = textOf(request.version, request.id, outcome);
  if (answers.add(text.length) || "error" in outcome) return text;
  const reason = `the answer to ${request.method} is larger than one answer may be`;
  return textOf(request.version, request.id, refusal("RPC_ANSWER_TOO_LARGE", reason));
}

async function outcomeOf(
  method: RpcMethod,
  params: unknown,
  context: RequestContext,
  { facts, log }: RpcDependencies,
): Promise<Outcome> {
  try {
    return { result: await method.call(facts, params, context) };
  } catch (cause) {
    return failureOf(cause, method.name, log);
  }
}

/** Why a call is not worth running now that it has its turn. */
function obstacleTo({ signal, answers }: RequestContext): Outcome | undefined {
  if (signal.aborted) return refusal("RPC_BUSY", "the client went before its turn came");
  if (answers.hasRoom()) return undefined;
  return refusal("RPC_BUSY", "too many bytes of answers wait to be read by their clients");
}

/** Runs a call in its turn, with all that its answer costs. */
async function run(
  method: RpcMethod,
  request: Request,
  context: RequestContext,
  dependencies: RpcDependencies,
): Promise<string> {
  const { metrics, monotonicMs, turns } = dependencies;
  const startMs = monotonicMs();
  const work = async (): Promise<{ readonly outcome: Outcome; readonly text: string }> => {
    const obstacle = obstacleTo(context);
    const outcome = obstacle ?? (await outcomeOf(method, request.params, context, dependencies));
    return { outcome, text: bounded(request, outcome, context) };
  };
  const { outcome, text } = await turns.run(context.client, work, method.waits);
  const result = "error" in outcome ? outcome.error.data.code : "ok";
  metrics.count("rpc_requests_total", { method: method.name, result });
  metrics.observe("rpc_seconds", (monotonicMs() - startMs) / 1000, { method: method.name });
  return text;
}

async function answer(
  value: unknown,
  context: RequestContext,
  dependencies: RpcDependencies,
): Promise<string | undefined> {
  const request = readRequest(value);
  if ("reason" in request) {
    return textOf("2", request.id, refusal("RPC_INVALID_REQUEST", request.reason));
  }
  const method = methodNamed(request.method);
  if (method === undefined) {
    const outcome = unknownMethod(request.method);
    dependencies.metrics.count("rpc_requests_total", {
      method: "unknown",
      result: "RPC_METHOD_UNKNOWN",
    });
    return request.isNotification ? undefined : textOf(request.version, request.id, outcome);
  }
  const text = await run(method, request, context, dependencies);
  return request.isNotification ? undefined : text;
}

/** One after the other; what is left when the client goes is not run. */
async function batch(
  values: readonly unknown[],
  context: RequestContext,
  dependencies: RpcDependencies,
): Promise<string | undefined> {
  const answers: string[] = [];
  for (const value of values) {
    if (context.signal.aborted) break;
    const text = await answer(value, context, dependencies);
    if (text !== undefined) answers.push(text);
  }
  return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
}

/** The answer's text to a request body, or undefined where it holds only notifications. */
export async function dispatch(
  body: string,
  context: RequestContext,
  dependencies: RpcDependencies,
): Promise<string | undefined> {
  const read = readBody(body);
  if (read === undefined) return textOf("2", null, refusal("RPC_PARSE", "the body is not JSON"));
  const { value } = read;
  if (!Array.isArray(value)) return await answer(value, context, dependencies);
  const { maxBatch } = dependencies;
  if (value.length === 0) {
    return textOf("2", null, refusal("RPC_INVALID_REQUEST", "a batch holds at least one request"));
  }
  if (value.length > maxBatch) {
    const reason = `${value.length} requests in a batch, at most ${maxBatch} allowed`;
    return textOf("2", null, refusal("RPC_BATCH_TOO_LARGE", reason));
  }
  return await batch(value, context, dependencies);
}
