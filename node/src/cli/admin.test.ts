import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { NODE } from "../../test/fake-node-facts.ts";
import { type HttpListener, listenHttp } from "../adapters/http-server.ts";
import { openNodeIdentity } from "../adapters/ws-transport/handshake/node-identity.ts";
import { nodeIdOf } from "../crypto/pure-keys.ts";
import { runCli } from "./program.ts";

const TOKEN = "t".repeat(40);
const NODE_ID = nodeIdOf(NODE.publicKey);

let listener: HttpListener;
let directory: string;
let seen: { line: string; authorization: string | undefined; body: string }[];
let answer: object;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "timecoin-admin-"));
  writeFileSync(join(directory, "token"), `${TOKEN}\n`);
  seen = [];
  answer = { ok: true };
  const identity = await openNodeIdentity(Uint8Array.from(NODE.seed));
  listener = await listenHttp(
    (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        const { authorization } = request.headers;
        seen.push({ line: `${request.method} ${request.url}`, authorization, body });
        response.end(JSON.stringify(answer));
      });
    },
    { what: "admin", host: "127.0.0.1", port: 0, tls: identity.serverOptions() },
  );
});
afterEach(async () => {
  await listener.close(0);
  rmSync(directory, { recursive: true });
});

async function run(line: string, env: Record<string, string | undefined> = {}) {
  let [out, err] = ["", ""];
  const io = {
    env: { TIME_ADMIN_URL: listener.url, TIME_ADMIN_TOKEN_FILE: join(directory, "token"), ...env },
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    handedOver: () => undefined,
    fetch: globalThis.fetch,
    randomBytes: (sizeBytes: number) => new Uint8Array(sizeBytes),
    nowMs: () => 0,
    pause: () => Promise.resolve(),
  };
  return { code: await runCli(line.split(" "), io, "1"), out, err };
}

it.each([
  ["log-level", "GET /log-level", ""],
  ["log-level debug", "PUT /log-level", '{"level":"debug"}'],
  ["add-peer x@y:1", "POST /peers", '{"address":"x@y:1"}'],
  ["drop-peer abc", "DELETE /peers/abc", ""],
  ["set-ban 10.0.0.0/8 60", "PUT /bans", '{"target":"10.0.0.0/8","durationMs":60000}'],
  ["set-ban 10.0.0.1", "PUT /bans", '{"target":"10.0.0.1","durationMs":86400000}'],
  ["lift-ban 10.0.0.0/8", "POST /bans/lift", '{"target":"10.0.0.0/8"}'],
  ["clear-bans", "DELETE /bans", ""],
  ["list-banned", "GET /bans", ""],
  ["drain on", "PUT /drain", '{"draining":true}'],
  ["drain off", "PUT /drain", '{"draining":false}'],
  ["reload", "POST /reload", ""],
])("%s is %s with the token", async (command, line, body) => {
  const { code, out, err } = await run(`${command} --node-id ${NODE_ID}`);
  expect([err, code, out]).toEqual(["", 0, "ok: true\n"]);
  expect(seen).toEqual([{ line, authorization: `Bearer ${TOKEN}`, body }]);
});

it("sends the token to no other node, and to no other machine without a node id", async () => {
  const other = await run(`reload --node-id ${"ab".repeat(20)}`);
  expect(other.code).toBe(4);
  expect(other.err).toContain(`error ADMIN_IDENTITY: ${listener.url} shows node id ${NODE_ID}`);
  const far = await run("reload", { TIME_ADMIN_URL: "https://node.example:24104" });
  expect([far.code, far.err.includes("--node-id is needed")]).toEqual([2, true]);
  expect((await run("reload", { TIME_ADMIN_URL: "http://127.0.0.1:1" })).code).toBe(2);
  expect(seen).toEqual([]);
});

it("passes on the node's refusal, and shows the token nowhere", async () => {
  answer = { error: { code: "ADMIN_UNAUTHORIZED", message: "no", action: "Send the token." } };
  const { code, out, err } = await run("reload");
  expect([code, err]).toEqual([5, "error ADMIN_UNAUTHORIZED: no\nnext: Send the token.\n"]);
  expect(out + err).not.toContain(TOKEN);
});

it("lists bans by the token where one is given, and by RPC where none is", async () => {
  const withoutToken = { TIME_ADMIN_TOKEN_FILE: undefined };
  const byFlag = await run(`list-banned --token-file ${join(directory, "token")}`, withoutToken);
  expect([byFlag.code, seen.length]).toEqual([0, 1]);
  const byRpc = await run("--rpc-url http://127.0.0.1:1 list-banned", withoutToken);
  expect([byRpc.code, seen.length]).toEqual([4, 1]);
  expect(byRpc.err).toContain("http://127.0.0.1:1");
});

it("refuses words that are none", async () => {
  for (const line of ["drain maybe", "log-level loud", "set-ban 10.0.0.1 0"]) {
    expect((await run(line)).code).toBe(2);
  }
  expect(seen).toEqual([]);
});
