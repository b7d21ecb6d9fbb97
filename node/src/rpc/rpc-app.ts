// JSON-RPC over HTTP POST at /. It has no authentication and no privileged method, so it listens on
// loopback unless told otherwise, takes any content type, and sends no CORS header: a web page may not
// read its answers. Bodies, batches, answers and waiting calls are bounded; calls take turns with the rest
// of the node. The daemon mounts it.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type ErrorCode, InvariantError } from "../types/errors.ts";
import { ANSWER_LIMITS, type AnswerLimits, AnswerRoom } from "./answer-room.ts";
import { dispatch, type RequestContext, type RpcDependencies } from "./dispatch.ts";
import { errorObject } from "./error-numbers.ts";
import { BodyReader } from "./read-body.ts";
import { Turns } from "./turns.ts";

export interface RpcAppOptions extends Omit<RpcDependencies, "turns"> {
  readonly maxBodyBytes: number;
  /** Of all bodies on their way together; by default 64 MiB. */
  readonly maxReadingBytes?: number;
  /** Most calls that wait for a transaction at once; 256 by default. */
  readonly maxWaiting?: number;
  readonly answerLimits?: AnswerLimits;
  /** Ends the process; called with a broken invariant. */
  readonly crash: (error: InvariantError) => void;
}

/** Exactly this: some wallets take no other spelling. */
const JSON_TYPE = "application/json";
const MAX_READING_BYTES = 64 * 1024 * 1024;
const MAX_WAITING = 256;
/** How long the rest of a refused body may go on arriving, so that its sender reads why. */
const DISCARD_MS = 1_000;

function send(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { "content-type": JSON_TYPE, "cache-control": "no-store" });
  response.end(text);
}

function refuse(response: ServerResponse, status: number, code: ErrorCode, reason: string): void {
  const body = { jsonrpc: "2.0", id: null, error: errorObject(code, reason) };
  send(response, status, JSON.stringify(body));
}

/** Lets a body go by that nobody wants, for a moment. */
function discard(request: IncomingMessage): void {
  request.resume();
  setTimeout(() => {
    if (!request.complete) request.destroy();
  }, DISCARD_MS).unref();
}

/** A counter of places: take() gives the release, or undefined where none is free. */
function places(count: number): () => (() => void) | undefined {
  let free = count;
  return () => {
    if (free === 0) return undefined;
    free--;
    let isReleased = false;
    return () => {
      if (!isReleased) free++;
      isReleased = true;
    };
  };
}

/** The RPC application, for listenHttp. */
export function createRpcApp(options: RpcAppOptions): RequestListener {
  const { maxBodyBytes, log } = options;
  const maxReadingBytes = options.maxReadingBytes ?? MAX_READING_BYTES;
  const bodies = new BodyReader({ maxBodyBytes, maxReadingBytes });
  const room = new AnswerRoom(options.answerLimits ?? ANSWER_LIMITS);
  const takeWaitingPlace = places(options.maxWaiting ?? MAX_WAITING);
  const dependencies = { ...options, turns: new Turns(options.monotonicMs) };

  const post = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    const answers = room.open();
    response.once("close", () => {
      gone.abort();
      answers.end();
    });
    const body = await bodies.read(request);
    if ("refused" in body) {
      discard(request);
      return refuseBody(response, body.refused, maxBodyBytes);
    }
    const client = request.socket.remoteAddress ?? "";
    const context: RequestContext = { client, signal: gone.signal, takeWaitingPlace, answers };
    const answer = await dispatch(body.text, context, dependencies);
    if (answer !== undefined) send(response, 200, answer);
    else if (!response.destroyed) response.writeHead(204).end();
  };

  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    if (request.method !== "POST" || path !== "/") return refusePlace(request, response, path);
    post(request, response).catch((error: unknown) => {
      if (error instanceof InvariantError) return options.crash(error);
      log.error({ cause: error }, "RPC request failed");
      return refuse(response, 500, "RPC_INTERNAL", "the request failed");
    });
    return undefined;
  };
}

function refusePlace(request: IncomingMessage, response: ServerResponse, path: string): void {
  discard(request);
  const status = path === "/" ? 405 : 404;
  if (status === 405) response.setHeader("allow", "POST");
  const reason = `${request.method} ${path}: send JSON-RPC 2.0 by POST to /`;
  refuse(response, status, "RPC_INVALID_REQUEST", reason);
}

function refuseBody(
  response: ServerResponse,
  why: "tooLarge" | "notPlainText" | "gone",
  maxBodyBytes: number,
): void {
  if (why === "gone") {
    response.destroy();
  } else if (why === "tooLarge") {
    const reason = `the body is larger than ${maxBodyBytes} bytes`;
    refuse(response, 413, "RPC_BODY_TOO_LARGE", reason);
  } else {
    const reason = "the body is not plain UTF-8 text (compression is not supported)";
    refuse(response, 400, "RPC_PARSE", reason);
  }
}
