// A running node that its operator changes: through the admin API with the real time-cli, and by SIGHUP.

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { opsUrlOf, rpcUrlOf } from "@timecoin/node/devnet/devnet-plan";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { LocalNetwork, TIMED } from "../tools/processes/local-network.ts";
import { waitFor } from "../tools/wait-for.ts";

const WAIT_MS = 60_000;
const TIME_CLI = join(dirname(TIMED), "time-cli.ts");

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("a node and its operator", () => {
  let network: LocalNetwork;
  let admin: readonly string[];

  beforeAll(async () => {
    network = await LocalNetwork.create(1, { emptyBlockIntervalMs: 500 });
    const port = await freePort();
    const tokenFile = join(network.directory, "admin-token");
    writeFileSync(tokenFile, "t".repeat(40));
    change((config) => Object.assign(config, { admin: { tokenFile, port } }));
    admin = ["--admin-url", `https://127.0.0.1:${port}`, "--token-file", tokenFile];
    network.startAll();
    await network.node(0).waitForHeight(1, WAIT_MS);
  });
  afterAll(() => network.remove());

  function change(edit: (config: Record<string, unknown>) => void): void {
    const path = network.paths.config("node-1");
    const config = parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    edit(config);
    writeFileSync(path, stringify(config));
  }

  // Not spawnSync: while it blocks, this process does not hear that the node closed an idle connection.
  const cli = (...args: readonly string[]) =>
    new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [TIME_CLI, "--json", ...args], (error, stdout, stderr) => {
        resolve({ status: Number(error?.code ?? 0), stdout, stderr });
      });
    });

  /** The answer of an admin command, and what it printed besides, which must be nothing. */
  async function asked(...args: readonly string[]): Promise<unknown> {
    const { stdout, stderr } = await cli(...args, ...admin);
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  }

  const untilLogged = (text: string): Promise<void> =>
    waitFor(`"${text}" in the log`, WAIT_MS, () =>
      Promise.resolve(
        network.node(0).log().includes(text) ? { done: undefined } : { waiting: "not there" },
      ),
    );

  it("shows its node id before it is told the token", async () => {
    const nodeId = (await network.node(0).status())?.self.nodeId ?? "";
    expect(await asked("log-level", "--node-id", nodeId)).toEqual({ level: "info" });
    const { status, stderr } = await cli("log-level", "--node-id", "ab".repeat(20), ...admin);
    expect([status, stderr.includes("ADMIN_IDENTITY")]).toEqual([4, true]);
  });

  it("logs more when told to, in every part", async () => {
    expect(await asked("log-level", "debug")).toEqual({ level: "debug" });
    await untilLogged('"level":"debug"');
  });

  it("is not ready while it drains, and makes blocks all the same", async () => {
    await asked("drain", "on");
    const drained = await fetch(`${opsUrlOf(network.node(0).plan)}/readyz`);
    expect(drained.status).toBe(503);
    const height = (await network.node(0).status())?.height ?? 0;
    await network.node(0).waitForHeight(height + 2, WAIT_MS);
    await asked("drain", "off");
    expect((await fetch(`${opsUrlOf(network.node(0).plan)}/readyz`)).status).toBe(200);
  });

  it("keeps bans, and shows them by RPC", async () => {
    const target = "ef".repeat(20);
    expect(await asked("set-ban", target, "60", "--reason", "tried it")).toMatchObject({ target });
    const { stdout } = await cli("-r", rpcUrlOf(network.node(0).plan), "list-banned");
    expect(JSON.parse(stdout)).toMatchObject([{ target, by: "operator", reason: "tried it" }]);
    expect(await asked("lift-ban", target)).toEqual({ lifted: target });
    expect(await asked("clear-bans")).toEqual({ ended: 0 });
  });

  it("reads its configuration again on SIGHUP, and outlives one that is wrong", async () => {
    change((config) => Object.assign(config, { log: { level: "warn" }, shutdownTimeoutMs: 7000 }));
    network.node(0).signal("SIGHUP");
    await waitFor("level warn", WAIT_MS, async () => {
      const { level } = (await asked("log-level")) as { level: string };
      return level === "warn" ? { done: undefined } : { waiting: level };
    });
    change((config) => Object.assign(config, { prc: 1 }));
    network.node(0).signal("SIGHUP");
    await untilLogged("CONFIG_INVALID");
    expect(await asked("log-level")).toEqual({ level: "warn" });
    const { status, stderr } = await cli("reload", ...admin);
    expect([status, stderr.includes("CONFIG_INVALID")]).toEqual([5, true]);
  });
});
