// JSON-RPC over HTTP POST at /, on express. It has no authentication and no privileged method, so it
// listens on loopback unless told otherwise, takes any content type, and sends no CORS header: a web
// page may not read its answers. Bodies, batches and waiting calls are bounded. The daemon mounts it.

import express, { type ErrorRequestHandler, type Express, type Response } from "express";
import { InvariantError } from "../types/errors.ts";
import { dispatch, type RpcDependencies } from "./dispatch.ts";
import { errorObject } from "./error-numbers.ts";

export interface RpcAppOptions extends RpcDependencies {
  readonly maxBodyBytes: number;
  /** Most calls that wait for a transaction at once; 256 by default. */
  readonly maxWaiting?: number;
  /** Ends the process; called with a broken invariant. */
  readonly crash: (error: InvariantError) => void;
}

const JSON_TYPE = "application/json; charset=utf-8";

const refuse = (
  response: Response,
  status: number,
  ...error: Parameters<typeof errorObject>
): void => {
  const body = { jsonrpc: "2.0", id: null, error: errorObject(...error) };
  response.status(status).type(JSON_TYPE).send(JSON.stringify(body));
};

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

/** What body parsing or dispatch failed with. */
const bodyError =
  (options: RpcAppOptions): ErrorRequestHandler =>
  (error: unknown, _request, response, next) => {
    if (error instanceof InvariantError) return options.crash(error);
    if (response.headersSent) return next(error);
    const { type, status = 400 } = error as { type?: string; status?: number };
    if (type === "entity.too.large") {
      const reason = `the body is larger than ${options.maxBodyBytes} bytes`;
      return refuse(response, 413, "RPC_BODY_TOO_LARGE", reason);
    }
    if (status >= 500) {
      options.log.error({ cause: error }, "RPC request failed");
      return refuse(response, 500, "RPC_INTERNAL", "the request failed");
    }
    const reason = "the body is not plain UTF-8 text (compression is not supported)";
    return refuse(response, 400, "RPC_PARSE", reason);
  };

/** The RPC application, for listenHttp. */
export function createRpcApp(options: RpcAppOptions): Express {
  const takeWaitingPlace = places(options.maxWaiting ?? 256);
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  const body = express.text({ type: () => true, limit: options.maxBodyBytes, inflate: false });
  app.post("/", body, (request, response, next) => {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const text = typeof request.body === "string" ? request.body : "";
    dispatch(text, { signal: gone.signal, takeWaitingPlace }, options).then((answer) => {
      if (answer === undefined) response.status(204).end();
      else response.type(JSON_TYPE).send(answer);
    }, next);
  });
  app.use((request, response) => {
    const status = request.path === "/" ? 405 : 404;
    if (status === 405) response.set("allow", "POST");
    const reason = `${request.method} ${request.path}: send JSON-RPC 2.0 by POST to /`;
    refuse(response, status, "RPC_INVALID_REQUEST", reason);
  });
  app.use(bodyError(options));
  return app;
}
