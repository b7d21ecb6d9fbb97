import { Agent, createServer, type RequestListener, type Server } from "node:http";
import { type NodeStatus, NodeStatusSchema } from "@timecoin/node/status";
import { afterEach, describe, expect, it } from "vitest";
import { askSafeToStop, askStatus, type ProbeTarget } from "./node-probe.ts";

const agent = new Agent();
const options = { agent, budgetMs: 300 };
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<ProbeTarget> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => {
    listening.listen(0, "127.0.0.1", resolve);
  });
  const address = listening.address();
  return {
    address: "127.0.0.1",
    port: typeof address === "object" && address !== null ? address.port : 0,
  };
}

const answering = (status: number, body: unknown) =>
  serve((_, response) => {
    response.statusCode = status;
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });

const STATUS: NodeStatus = NodeStatusSchema.parse({
  version: "0.1.0",
  chainId: "demo-1",
  genesisHash: "9f".repeat(32),
  height: 41,
  blockHash: "3c".repeat(32),
  lastCommitAtMs: 1_700_000_000_000,
  emptyBlockIntervalMs: 1000,
  round: 0,
  step: "propose",
  validators: { count: 4, total: 4, quorum: 3, signedRecently: [], signedRecentlyPower: 0 },
  self: { nodeId: "ab", publicKey: null, validator: true, power: 1, lastSignedHeight: 40 },
  peers: { connected: 3, inbound: 1, validators: 3 },
  sync: { state: "caughtUp", targetHeight: 41 },
  draining: false,
});

describe("/status", () => {
  it("of the node's own schema is understood", async () => {
    expect(await askStatus(await answering(200, STATUS), options)).toEqual({
      genesisHash: STATUS.genesisHash,
      height: 41,
      lastCommitAtMs: 1_700_000_000_000,
      lastSignedHeight: 40,
      isStateLost: false,
    });
    const lost = { ...STATUS, self: { ...STATUS.self, signState: "lost" } };
    expect(await askStatus(await answering(200, lost), options)).toMatchObject({
      isStateLost: true,
    });
  });

  it("with nothing committed or signed says so by absence", async () => {
    const self = { ...STATUS.self, lastSignedHeight: 0 };
    const target = await answering(200, { ...STATUS, lastCommitAtMs: null, self });
    expect(await askStatus(target, options)).toMatchObject({
      lastCommitAtMs: undefined,
      lastSignedHeight: undefined,
    });
  });

  it.each([
    ["an error", 500, STATUS],
    ["no JSON", 200, "<html>"],
    ["another shape", 200, { height: "high" }],
    ["more than its bound", 200, { ...STATUS, step: "x".repeat(300 * 1024) }],
  ])("counts %s as no answer", async (_, status, body) => {
    expect(await askStatus(await answering(status, body), options)).toBeUndefined();
  });

  it("does not wait for a node that hangs, before or within its answer", async () => {
    expect(await askStatus(await serve(() => undefined), options)).toBeUndefined();
    server?.closeAllConnections();
    const half = await serve((_, response) => response.write('{"height": '));
    expect(await askStatus(half, options)).toBeUndefined();
  });

  it("counts a closed port as no answer", async () => {
    const target = await answering(200, STATUS);
    server?.close();
    expect(await askStatus(target, { ...options, agent: new Agent() })).toBeUndefined();
  });
});

describe("/safe-to-stop", () => {
  it("is yes by 200, no with a reason by 409, and nothing by anything else", async () => {
    expect(await askSafeToStop(await answering(200, {}), options)).toEqual({
      safe: true,
      reason: "",
    });
    server?.close();
    const no = await answering(409, { ok: false, reason: "too few sign" });
    expect(await askSafeToStop(no, options)).toEqual({ safe: false, reason: "too few sign" });
    server?.close();
    expect(await askSafeToStop(await answering(404, {}), options)).toBeUndefined();
  });
});
