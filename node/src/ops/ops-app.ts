// The operations endpoints on express: metrics, probes and status; GET only, no state is changed.
// Every probe answers JSON with `ok` and a reason. /livez proves no more than that the event loop
// turns: a node that waits for others must not be restarted for it. The daemon mounts it.

import express, { type Express, type Response } from "express";
import type { PromMetrics } from "../adapters/metrics.ts";
import type { Log } from "../ports.ts";
import type { OpsFacts } from "./ops-facts.ts";
import { caughtUp, ready, safeToStop, type Verdict } from "./probes.ts";

export interface OpsAppOptions {
  readonly facts: OpsFacts;
  readonly metrics: Pick<PromMetrics, "text" | "contentType">;
  readonly log: Log;
}

/** `refusal` is the HTTP status where the verdict is no. */
function answer(response: Response, { ok, reason }: Verdict, refusal: number): void {
  response.status(ok ? 200 : refusal).json({ ok, reason });
}

/** The operations application, for listenHttp. */
export function createOpsApp({ facts, metrics, log }: OpsAppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use((_request, response, next) => {
    response.set("cache-control", "no-store");
    next();
  });
  app.get("/livez", (_request, response) => {
    answer(response, { ok: true, reason: "the event loop turns" }, 503);
  });
  app.get("/startupz", (_request, response) => {
    const ok = facts.isStarted();
    answer(response, { ok, reason: ok ? "started" : "is still starting" }, 503);
  });
  app.get("/readyz", (_request, response) => {
    answer(response, ready(facts.isStarted(), facts.status()), 503);
  });
  app.get("/caught-up", (_request, response) => {
    answer(response, caughtUp(facts.status()), 503);
  });
  app.get("/safe-to-stop", (_request, response) => {
    answer(response, safeToStop(facts.status(), facts.nowMs()), 409);
  });
  app.get("/status", (_request, response) => {
    response.json(facts.status());
  });
  app.get("/metrics", (_request, response, next) => {
    metrics.text().then((text) => response.type(metrics.contentType).send(text), next);
  });
  app.use((_request, response) => {
    const paths = ["/livez", "/startupz", "/readyz", "/caught-up", "/safe-to-stop", "/status"];
    response.status(404).json({ ok: false, reason: `GET one of ${paths.join(", ")}, /metrics` });
  });
  const onError: express.ErrorRequestHandler = (cause: unknown, request, response, next) => {
    log.error({ path: request.path, cause }, "operations request failed");
    if (response.headersSent) next(cause);
    else response.status(500).json({ ok: false, reason: "failed; the node's log has the cause" });
  };
  app.use(onError);
  return app;
}
