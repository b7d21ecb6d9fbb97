import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeNode, fakeHash } from "../../test/fake-node-facts.ts";
import { type HttpListener, listenHttp } from "../adapters/http-server.ts";
import { toHex } from "../codec/hex.ts";
import { InvariantError } from "../types/errors.ts";
import { createRpcApp } from "./rpc-app.ts";

let node: FakeNode;
let listener: HttpListener;
let crashes: InvariantError[];

beforeEach(async () => {
  node = new FakeNode();
  crashes = [];
  const ignore = (): void => {};
  const app = createRpcApp({
    facts: node.facts,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    metrics: { count: ignore, gauge: ignore, observe: ignore },
    maxBatch: 10,
    maxBodyBytes: 1024,
    maxWaiting: 1,
    maxReadingBytes: 2_000,
    monotonicMs: () => performance.now(),
    crash: (error) => crashes.push(error),
  });
  listener = await listenHttp(app, { what: "RPC", host: "127.0.0.1", port: 0 });
});
afterEach(() => listener.close(0));

const CALL = '{"jsonrpc":"2.0","id":1,"method":"getblockcount"}';

async function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(listener.url, { method: "POST", body, headers });
  const text = await response.text();
  return {
    status: response.status,
    answer: (text === "" ? undefined : JSON.parse(text)) as unknown,
  };
}

it("answers a POST of any content type with JSON", async () => {
  for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
    expect(await post(CALL, { "content-type": type })).toEqual({
      status: 200,
      answer: { jsonrpc: "2.0", id: 1, result: 0 },
    });
  }
});

it("answers notifications with 204", async () => {
  expect(await post('{"jsonrpc":"2.0","method":"uptime"}')).toEqual({
    status: 204,
    answer: undefined,
  });
});

it("sends the content type that wallets compare letter by letter", async () => {
  const response = await fetch(listener.url, { method: "POST", body: CALL });
  expect(response.headers.get("content-type")).toBe("application/json");
});

/** Opens a socket, writes `text` and gives what comes back, up to the end or `isEnough`. */
async function raw(text: string, isEnough: (got: string) => boolean): Promise<string> {
  const socket = connect(listener.port, "127.0.0.1");
  socket.write(text);
  let got = "";
  for await (const chunk of socket) {
    got += String(chunk);
    if (isEnough(got)) break;
  }
  socket.destroy();
  return got;
}

it("refuses a body that says it is too large before a byte of it comes", async () => {
  const head = "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1025\r\n\r\n";
  const got = await raw(head, (text) => text.includes("RPC_BODY_TOO_LARGE"));
  expect(got).toMatch(/^HTTP\/1.1 413 /);
});

it("refuses a body without a length once it is above the limit", async () => {
  const head = "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n";
  const chunk = `400\r\n${" ".repeat(1024)}\r\n`;
  const got = await raw(head + chunk + chunk, (text) => text.includes("RPC_BODY_TOO_LARGE"));
  expect(got).toMatch(/^HTTP\/1.1 413 /);
});

it("cuts the body that is on its way longest where all together hold too much", async () => {
  const head = "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000\r\n\r\n";
  const slow = Array.from({ length: 3 }, () => connect(listener.port, "127.0.0.1"));
  const ended = slow.map((socket) => once(socket, "close"));
  for (const socket of slow) {
    socket.on("error", () => undefined);
    await once(socket, "connect");
    // 2,000 bytes may be on their way.
    socket.write(head + " ".repeat(900));
  }
  await ended[0];
  expect(await post(CALL)).toMatchObject({ status: 200 });
  for (const socket of slow) socket.destroy();
});

it("refuses a body above the limit", async () => {
  expect(await post(" ".repeat(1025))).toMatchObject({
    status: 413,
    answer: { id: null, error: { code: -32600, data: { code: "RPC_BODY_TOO_LARGE" } } },
  });
});

it("refuses compressed bodies, unknown charsets and empty bodies", async () => {
  const gzip = Uint8Array.from(gzipSync(CALL));
  expect(await post(gzip, { "content-encoding": "gzip" })).toMatchObject({ status: 400 });
  expect(await post(CALL, { "content-type": "text/plain; charset=nope" })).toMatchObject({
    status: 400,
    answer: { error: { code: -32700 } },
  });
  const latin1 = Uint8Array.from(Buffer.from(CALL.replace("1", '"\xe9"'), "latin1"));
  expect(await post(latin1)).toMatchObject({ status: 400, answer: { error: { code: -32700 } } });
  expect(await post("")).toMatchObject({ answer: { error: { code: -32700 } } });
});

it("says what to do to other methods and paths", async () => {
  const get = await fetch(listener.url);
  expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
  expect((await fetch(`${listener.url}/other`, { method: "POST" })).status).toBe(404);
});

it("lets no web page read its answers", async () => {
  const response = await fetch(listener.url, {
    method: "POST",
    body: CALL,
    headers: { origin: "http://x" },
  });
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  expect(response.headers.get("x-powered-by")).toBeNull();
});

it("frees the place of a waiting client that goes away", async () => {
  const params = [toHex(fakeHash(1)), 120_000];
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "waitfortransaction", params });
  const gone = new AbortController();
  const waiting = fetch(listener.url, { method: "POST", body, signal: gone.signal });
  await expect.poll(() => node.listeners.size).toBe(1);
  expect(await post(body)).toMatchObject({ answer: { error: { code: -12 } } });
  gone.abort();
  await expect(waiting).rejects.toThrow();
  await expect.poll(() => node.listeners.size).toBe(0);
});

it("hands a broken invariant to the daemon", async () => {
  (node.facts as { head: unknown }).head = () => {
    throw new InvariantError("x");
  };
  const gone = new AbortController();
  const answer = fetch(listener.url, { method: "POST", body: CALL, signal: gone.signal });
  await expect.poll(() => crashes.length).toBe(1);
  gone.abort();
  await expect(answer).rejects.toThrow();
});
