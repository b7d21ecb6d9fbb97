// Four real daemons on loopback: they commit, survive crashes, catch up, and stop as told.

import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { rpcUrlOf } from "@timecoin/node/devnet/devnet-plan";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalNetwork, TIMED } from "../tools/processes/local-network.ts";
import { waitFor } from "../tools/wait-for.ts";

const WAIT_MS = 60_000;
const TIME_CLI = join(dirname(TIMED), "time-cli.ts");

describe("four daemons", () => {
  let network: LocalNetwork;

  beforeAll(async () => {
    network = await LocalNetwork.create(4, { emptyBlockIntervalMs: 200 });
    // The fourth comes late, on purpose.
    for (const node of network.nodes.slice(0, 3)) node.start();
  });
  afterAll(async () => {
    await network.remove();
  });

  const topHeight = async (): Promise<number> =>
    Math.max(
      0,
      ...(await Promise.all(network.nodes.map(async (node) => (await node.status())?.height ?? 0))),
    );

  const waitUntilSigning = async (index: number, above: number): Promise<void> => {
    await waitFor(`node ${index} signs above ${above}`, WAIT_MS, async () => {
      const signed = (await network.node(index).status())?.self.lastSignedHeight ?? 0;
      return signed > above ? { done: undefined } : { waiting: `last signed ${signed}` };
    });
  };

  it("commit with three of four, and the late one catches up and signs", async () => {
    await network.node(0).waitForHeight(10, WAIT_MS);
    network.node(3).start();
    await waitUntilSigning(3, 10);
  });

  it("agree on every block", async () => {
    const height = await topHeight();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(height, WAIT_MS)));
    for (const at of [1, Math.floor(height / 2), height]) {
      const hashes = await Promise.all(
        network.nodes.map((node) => node.rpc<string>("getblockhash", [at])),
      );
      expect(new Set(hashes).size).toBe(1);
    }
  });

  it("say that a payment was made where its txid cannot be shown, and never that it failed", () => {
    const full = openSync("/dev/full", "w");
    const { address } = network.plan.accounts[1] ?? {};
    const rpcUrl = rpcUrlOf(network.node(0).plan);
    const send = ["-r", rpcUrl, "send", address ?? "", "1", "--key"];
    const args = [TIME_CLI, ...send, network.paths.accountKey("account-1")];
    const said = (stderr: number | "pipe") =>
      spawnSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", full, stderr] });
    const { status, stderr } = said("pipe");
    expect(stderr).toMatch(
      /^pending PAYMENT_PENDING: standard output: ENOSPC.*; payment [0-9a-f]{64} is at the node\nnext: Do not pay again/,
    );
    expect(status).toBe(7);
    expect(said(full).status).toBe(7);
    closeSync(full);
  });

  it.each([0, 1, 2, 3])(
    "go on when node %i is killed with SIGKILL, which comes back and signs",
    async (victim) => {
      const before = await topHeight();
      await network.node(victim).end("SIGKILL");
      await network.node((victim + 1) % 4).waitForHeight(before + 5, WAIT_MS);
      network.node(victim).start();
      await waitUntilSigning(victim, before + 5);
    },
  );

  it("go on after all four were killed at once", async () => {
    const before = await topHeight();
    await Promise.all(network.nodes.map((node) => node.end("SIGKILL")));
    network.startAll();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(before + 5, WAIT_MS)));
  });

  it("bring back a validator whose disk was wiped, which first follows and then signs", async () => {
    await network.node(2).end("SIGKILL");
    const before = await topHeight();
    rmSync(`${network.paths.nodeDirectory("node-3")}/data`, { recursive: true });
    network.node(2).start();
    await waitUntilSigning(2, before + 10);
  });

  it("end with code 0 on SIGTERM, and nobody refused a signature", async () => {
    const ends = await Promise.all(network.nodes.map((node) => node.end("SIGTERM")));
    expect(ends).toEqual(network.nodes.map(() => ({ code: 0, signal: null })));
    for (const node of network.nodes) {
      expect(node.log()).not.toContain("signature refused");
      expect(node.log()).not.toContain("exclude each other");
    }
  });
});
