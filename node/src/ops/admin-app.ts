// The admin API on express: what changes a running node. Every request must show the token; nothing else is
// answered without it, not even which paths there are. What is changed is logged, with no secret in it.
// The daemon serves it over TLS, on a listener of its own.

import express, { type Express, type Request, type Response } from "express";
import { z } from "zod";
import type { Log } from "../ports.ts";
import { CodedError, ERRORS, type ErrorCode, type Result } from "../types/errors.ts";
import { LOG_LEVELS } from "../types/log-level.ts";
import type { AdminFacts } from "./admin-facts.ts";
import type { BearerToken } from "./bearer-token.ts";

export interface AdminAppOptions {
  readonly facts: AdminFacts;
  /** Asked for each request: a reload may have changed it. */
  readonly token: () => BearerToken;
  readonly log: Log;
}

const MAX_BODY = "16kb";
const MAX_TEXT = 300;
const WARNING_PERIOD_MS = 10_000;

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  ADMIN_UNAUTHORIZED: 401,
  ADMIN_NOT_FOUND: 404,
  BANS_FULL: 409,
  RPC_INTERNAL: 500,
};

const LevelBody = z.strictObject({ level: z.enum(LOG_LEVELS) });
const PeerBody = z.strictObject({ address: z.string().max(MAX_TEXT) });
const DrainBody = z.strictObject({ draining: z.boolean() });
const BanBody = z.strictObject({
  target: z.string().max(MAX_TEXT),
  durationMs: z.number(),
  reason: z.string().max(MAX_TEXT).default("banned by the operator"),
});
const LiftBody = z.strictObject({ target: z.string().max(MAX_TEXT) });

function refuse(response: Response, code: ErrorCode, reason: string, status = STATUS[code]): void {
  const { action } = ERRORS[code];
  response.status(status ?? 400).json({ error: { code, message: reason, action } });
}

/** @throws CodedError ADMIN_REQUEST where the body is of another form. */
function bodyOf<T>(request: Request, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(request.body ?? {});
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw new CodedError("ADMIN_REQUEST", reasons.join("; "));
}

/** @throws CodedError with the code of a failed result. */
function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new CodedError(result.code, result.reason);
}

function addReads(app: Express, { facts }: AdminAppOptions): void {
  app.get("/log-level", (_request, response) => {
    response.json({ level: facts.logLevel() });
  });
  app.get("/peers", (_request, response) => {
    response.json(facts.peers());
  });
  app.get("/bans", (_request, response) => {
    response.json(facts.bans.list());
  });
  app.get("/drain", (_request, response) => {
    response.json({ draining: facts.isDraining() });
  });
}

function addChanges(app: Express, { facts, log }: AdminAppOptions): void {
  app.put("/log-level", (request, response) => {
    const { level } = bodyOf(request, LevelBody);
    // First, so that the line is seen whatever the new level is.
    log.warn({ logLevel: level }, "admin: log level");
    facts.setLogLevel(level);
    response.json({ level });
  });
  app.post("/peers", (request, response) => {
    const address = valueOf(facts.addPeer(bodyOf(request, PeerBody).address));
    log.info({ address }, "admin: peer added");
    response.status(202).json({ address });
  });
  app.delete("/peers/:id", (request, response) => {
    const { id } = request.params;
    if (!facts.dropPeer(id))
      throw new CodedError("ADMIN_NOT_FOUND", `there is no link with ${JSON.stringify(id)}`);
    log.info({ peer: id }, "admin: peer dropped");
    response.json({ dropped: id });
  });
  app.put("/drain", (request, response) => {
    const { draining } = bodyOf(request, DrainBody);
    facts.setDraining(draining);
    log.info({ draining }, "admin: drain");
    response.json({ draining });
  });
  app.post("/reload", (_request, response) => {
    response.json(valueOf(facts.reload()));
  });
}

function addBans(app: Express, { facts, log }: AdminAppOptions): void {
  app.put("/bans", (request, response) => {
    const { target, durationMs, reason } = bodyOf(request, BanBody);
    const ban = valueOf(facts.bans.set(target, durationMs, reason));
    log.info({ ...ban }, "admin: ban set");
    response.json(ban);
  });
  app.post("/bans/lift", (request, response) => {
    const { target } = bodyOf(request, LiftBody);
    if (!valueOf(facts.bans.lift(target)))
      throw new CodedError(
        "ADMIN_NOT_FOUND",
        `there is no ban of exactly ${JSON.stringify(target)}`,
      );
    log.info({ target }, "admin: ban lifted");
    response.json({ lifted: target });
  });
  app.delete("/bans", (_request, response) => {
    const ended = facts.bans.clear();
    log.info({ ended }, "admin: bans cleared");
    response.json({ ended });
  });
}

function addErrors(app: Express, { log }: AdminAppOptions): void {
  app.use((request, response) => {
    refuse(response, "ADMIN_REQUEST", `there is no ${request.method} ${request.path}`);
  });
  const onError: express.ErrorRequestHandler = (cause: unknown, request, response, next) => {
    if (response.headersSent) return next(cause);
    if (cause instanceof CodedError) return refuse(response, cause.code, cause.message);
    const { status = 500 } = cause as { status?: number };
    if (status === 413)
      return refuse(response, "ADMIN_REQUEST", `the body is larger than ${MAX_BODY}`, status);
    if (status < 500) return refuse(response, "ADMIN_REQUEST", "the body is not JSON");
    log.error({ path: request.path, cause }, "admin request failed");
    return refuse(response, "RPC_INTERNAL", "failed; the node's log has the cause");
  };
  app.use(onError);
}

/** One line in a while, however many requests come. */
function throttledWarning(log: Log): (from: string | undefined) => void {
  let nextMs = 0;
  let refused = 0;
  return (from) => {
    refused++;
    const nowMs = performance.now();
    if (nowMs < nextMs) return;
    log.warn({ from, refused }, "admin requests without the token");
    nextMs = nowMs + WARNING_PERIOD_MS;
    refused = 0;
  };
}

/** The admin application, for listenHttp. */
export function createAdminApp(options: AdminAppOptions): Express {
  const { token, log } = options;
  const warnRefused = throttledWarning(log);
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use((request, response, next) => {
    response.set("cache-control", "no-store");
    if (token().isShownBy(request.headers.authorization)) return next();
    warnRefused(request.socket.remoteAddress);
    response.set("www-authenticate", "Bearer");
    return refuse(response, "ADMIN_UNAUTHORIZED", "the request shows no valid admin token");
  });
  app.use(express.json({ limit: MAX_BODY, type: () => true }));
  addReads(app, options);
  addChanges(app, options);
  addBans(app, options);
  addErrors(app, options);
  return app;
}
