import { afterEach, beforeEach, expect, it } from "vitest";
import { fakeStatus } from "../../test/fake-status.ts";
import { type HttpListener, listenHttp } from "../adapters/http-server.ts";
import { createMetrics, type PromMetrics } from "../adapters/metrics.ts";
import { createOpsApp } from "./ops-app.ts";
import { type NodeStatus, NodeStatusSchema } from "./status-schema.ts";

let listener: HttpListener;
let metrics: PromMetrics;
let status: NodeStatus;
let isStarted: boolean;
let logged: string[];

beforeEach(async () => {
  status = fakeStatus();
  isStarted = true;
  logged = [];
  metrics = createMetrics({ runtime: false });
  const ignore = (): void => {};
  const app = createOpsApp({
    facts: { nowMs: () => 0, isStarted: () => isStarted, status: () => status },
    metrics: { contentType: metrics.contentType, text: () => metrics.text() },
    log: {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: (_f, message) => logged.push(message),
    },
  });
  listener = await listenHttp(app, { what: "operations", host: "127.0.0.1", port: 0 });
});
afterEach(() => listener.close(0));

async function get(path: string) {
  const response = await fetch(listener.url + path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

it("answers the probes with a reason", async () => {
  expect(await get("/livez")).toMatchObject({ status: 200, body: { ok: true } });
  expect(await get("/startupz")).toMatchObject({ status: 200 });
  expect(await get("/readyz")).toEqual({ status: 200, body: { ok: true, reason: "at height 5" } });
  expect(await get("/caught-up")).toMatchObject({ status: 200 });
  expect(await get("/safe-to-stop")).toMatchObject({ status: 200 });
});

it("is alive but not ready while it starts or stops", async () => {
  isStarted = false;
  expect(await get("/startupz")).toMatchObject({ status: 503, body: { ok: false } });
  expect(await get("/readyz")).toMatchObject({ status: 503 });
  expect(await get("/livez")).toMatchObject({ status: 200 });
  isStarted = true;
  status = fakeStatus({
    draining: true,
    sync: { joining: null, state: "catchingUp", targetHeight: 7 },
  });
  expect(await get("/readyz")).toEqual({
    status: 503,
    body: { ok: false, reason: "is draining or stopping" },
  });
  expect(await get("/caught-up")).toMatchObject({ status: 503 });
});

it("refuses an unsafe stop with 409", async () => {
  const self = { ...status.self, publicKey: "dd".repeat(32), validator: true, power: 1 };
  status = fakeStatus({ self, lastCommitAtMs: 0 });
  expect(await get("/safe-to-stop")).toMatchObject({ status: 409, body: { ok: false } });
});

it("gives a status that its own schema parses", async () => {
  const { body } = await get("/status");
  expect(NodeStatusSchema.parse(body)).toEqual(status);
});

it("exposes metrics as Prometheus expects them", async () => {
  metrics.count("txs_total");
  const response = await fetch(`${listener.url}/metrics`);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(await response.text()).toContain("timecoin_txs_total 1\n");
});

it("answers unknown paths, other methods and failures plainly", async () => {
  expect(await get("/nothing")).toMatchObject({ status: 404 });
  expect((await fetch(`${listener.url}/status`, { method: "POST" })).status).toBe(404);
  metrics.text = () => Promise.reject(new Error("broken"));
  const failed = await fetch(`${listener.url}/metrics`);
  expect(failed.status).toBe(500);
  expect(await failed.text()).not.toContain("broken");
  expect(logged).toEqual(["operations request failed"]);
});
