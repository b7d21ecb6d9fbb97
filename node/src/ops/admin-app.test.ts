import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HttpListener, listenHttp } from "../adapters/http-server.ts";
import type { Ban, Bans } from "../types/bans.ts";
import { fail, ok } from "../types/errors.ts";
import type { LogLevel } from "../types/log-level.ts";
import { createAdminApp } from "./admin-app.ts";
import type { AdminFacts } from "./admin-facts.ts";
import { BearerToken } from "./bearer-token.ts";

const TOKEN = "a".repeat(31) + "Z";
const PEER = `${"ab".repeat(20)}@127.0.0.2:24100`;

let listener: HttpListener;
let level: LogLevel;
let draining: boolean;
let bans: Ban[];
let lines: string[];

const fakeBans: Bans = {
  list: () => bans,
  set: (target, durationMs, reason) => {
    if (target === "nobody") return fail("BAN_TARGET_INVALID", "nobody is neither");
    const ban = { target, sinceMs: 0, untilMs: durationMs, reason, by: "operator" } as const;
    bans.push(ban);
    return ok(ban);
  },
  lift: (target) => ok(bans.some((ban) => ban.target === target)),
  clear: () => bans.splice(0).length,
};

const facts: AdminFacts = {
  bans: fakeBans,
  logLevel: () => level,
  setLogLevel: (next) => {
    level = next;
  },
  peers: () => [],
  addPeer: (address) => (address === PEER ? ok(address) : fail("PEER_ADDRESS_INVALID", "no")),
  dropPeer: (id) => id === "ab",
  isDraining: () => draining,
  setDraining: (next) => {
    draining = next;
  },
  reload: () => ok({ applied: ["log.level"], needRestart: ["rpc.port"] }),
};

function tokenOf(text: string): BearerToken {
  const token = BearerToken.read(text);
  if (!token.ok) throw new Error(token.reason);
  return token.value;
}

beforeEach(async () => {
  [level, draining, bans, lines] = ["info", false, [], []];
  const note = (fields: object, message: string) => lines.push(JSON.stringify([fields, message]));
  const log = { debug: note, info: note, warn: note, error: note };
  const app = createAdminApp({ facts, token: () => tokenOf(TOKEN), log });
  listener = await listenHttp(app, { what: "admin", host: "127.0.0.1", port: 0 });
});
afterEach(() => listener.close(0));

async function ask(
  method: string,
  path: string,
  body?: unknown,
  authorization = `Bearer ${TOKEN}`,
): Promise<{ status: number; body: unknown }> {
  const text = body === undefined ? null : JSON.stringify(body);
  const headers = { authorization };
  const response = await fetch(listener.url + path, { method, body: text, headers });
  return { status: response.status, body: await response.json() };
}

describe("the token", () => {
  it("is asked for on every path, and nothing is told without it", async () => {
    for (const shown of [
      "",
      TOKEN,
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      `Basic ${TOKEN}`,
    ]) {
      for (const path of ["/peers", "/nothing"]) {
        expect(await ask("GET", path, undefined, shown)).toMatchObject({
          status: 401,
          body: { error: { code: "ADMIN_UNAUTHORIZED" } },
        });
      }
    }
    expect(await ask("PUT", "/log-level", { level: "debug" }, "")).toMatchObject({ status: 401 });
    expect(level).toBe("info");
  });

  it("stands in no log line, and a flood of wrong ones fills no log", async () => {
    for (let n = 0; n < 20; n++)
      await ask("GET", "/peers", undefined, `Bearer wrong-${n}-${TOKEN}`);
    await ask("PUT", "/drain", { draining: true });
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain(TOKEN);
  });

  it("is one line of 32 characters or more", () => {
    expect(BearerToken.read(`${TOKEN}\n`).ok).toBe(true);
    for (const text of [
      "",
      "short\n",
      `${TOKEN}\n\n`,
      ` ${TOKEN}`,
      `${TOKEN} x`,
      "x".repeat(513),
    ]) {
      expect(BearerToken.read(text)).toMatchObject({ ok: false, code: "ADMIN_TOKEN_FILE" });
    }
  });
});

describe("the admin API", () => {
  it("shows and changes the log level", async () => {
    expect(await ask("PUT", "/log-level", { level: "debug" })).toMatchObject({ status: 200 });
    expect(await ask("GET", "/log-level")).toEqual({ status: 200, body: { level: "debug" } });
    expect(await ask("PUT", "/log-level", { level: "loud" })).toMatchObject({
      status: 400,
      body: { error: { code: "ADMIN_REQUEST" } },
    });
  });

  it("says what is wrong with a body", async () => {
    expect(await ask("PUT", "/log-level", { level: "info", x: 1 })).toMatchObject({
      status: 400,
      body: { error: { message: 'Unrecognized key: "x"' } },
    });
    const reason = "x".repeat(20_000);
    expect(await ask("PUT", "/bans", { target: "10.0.0.1", durationMs: 5, reason })).toMatchObject({
      status: 413,
      body: { error: { message: "the body is larger than 16kb" } },
    });
  });

  it("adds and drops peers", async () => {
    expect(await ask("POST", "/peers", { address: PEER })).toMatchObject({ status: 202 });
    expect(await ask("POST", "/peers", { address: "x" })).toMatchObject({
      status: 400,
      body: { error: { code: "PEER_ADDRESS_INVALID" } },
    });
    expect(await ask("DELETE", "/peers/ab")).toEqual({ status: 200, body: { dropped: "ab" } });
    expect(await ask("DELETE", "/peers/cd")).toMatchObject({
      status: 404,
      body: { error: { code: "ADMIN_NOT_FOUND" } },
    });
  });

  it("sets, lifts and clears bans", async () => {
    const set = await ask("PUT", "/bans", { target: "10.0.0.0/8", durationMs: 5 });
    expect(set).toMatchObject({ status: 200, body: { untilMs: 5, by: "operator" } });
    expect(await ask("GET", "/bans")).toMatchObject({ body: [{ target: "10.0.0.0/8" }] });
    expect(await ask("PUT", "/bans", { target: "nobody", durationMs: 5 })).toMatchObject({
      status: 400,
      body: { error: { code: "BAN_TARGET_INVALID" } },
    });
    expect(await ask("POST", "/bans/lift", { target: "10.0.0.0/8" })).toMatchObject({
      body: { lifted: "10.0.0.0/8" },
    });
    expect(await ask("POST", "/bans/lift", { target: "10.9.0.0/16" })).toMatchObject({
      status: 404,
      body: { error: { code: "ADMIN_NOT_FOUND" } },
    });
    expect(await ask("DELETE", "/bans")).toEqual({ status: 200, body: { ended: 1 } });
  });

  it("is described, request by request", () => {
    const page = readFileSync(`${import.meta.dirname}/../../../docs/reference/admin.md`, "utf8");
    const source = readFileSync(`${import.meta.dirname}/admin-app.ts`, "utf8");
    const routes = [...source.matchAll(/app\.(get|put|post|delete)\("([^"]+)"/g)];
    expect(routes.length).toBeGreaterThan(10);
    for (const [, method = "", path = ""] of routes) {
      expect(page).toContain(`| ${method.toUpperCase()} ${path} |`);
    }
  });

  it("drains and reloads", async () => {
    expect(await ask("PUT", "/drain", { draining: true })).toMatchObject({ status: 200 });
    expect(await ask("GET", "/drain")).toEqual({ status: 200, body: { draining: true } });
    expect(await ask("POST", "/reload")).toMatchObject({ body: { needRestart: ["rpc.port"] } });
  });

  it("refuses other paths, other bodies and what is no JSON", async () => {
    expect(await ask("GET", "/nothing")).toMatchObject({ status: 400 });
    expect(await ask("PUT", "/drain", { draining: true, more: 1 })).toMatchObject({ status: 400 });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const broken = await fetch(`${listener.url}/drain`, { method: "PUT", body: "{", headers });
    expect(broken.status).toBe(400);
  });
});
