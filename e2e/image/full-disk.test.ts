// A node in a container with a read-only root file system, on a disk that fills up while it commits: it
// ends with a code that says so, and when there is room again it goes on where it was. The disk is a
// small memory volume that a second container holds, fills and frees.

import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDevnet } from "@timecoin/node/devnet/devnet-files";
import { devnetPaths } from "@timecoin/node/devnet/devnet-plan";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureImageBuilder } from "../tools/cluster/cluster.ts";
import { docker } from "../tools/cluster/docker.ts";
import { nodeImage } from "../tools/network/product-images.ts";
import { waitFor } from "../tools/wait-for.ts";

const NAME = `timecoin-full-disk-${process.pid}`;
const WAIT_MS = 60_000;
const DATA = "/var/lib/timecoin";

describe("a full disk", () => {
  const directory = mkdtempSync(join(tmpdir(), "timecoin-full-"));
  const { image } = nodeImage().spec;

  const engine = async (...args: string[]): Promise<string> =>
    (await docker(args, { timeoutMs: WAIT_MS })).stdout.trim();

  /** Runs a script in the container that holds the disk. */
  const onDisk = async (script: string): Promise<string> =>
    await engine("exec", `${NAME}-holder`, "node", "-e", `const fs = require("fs"); ${script}`);

  const logs = async (): Promise<string> => {
    const { stdout, stderr } = await docker(["logs", NAME], { timeoutMs: WAIT_MS });
    return stdout + stderr;
  };

  const heights = async (): Promise<readonly number[]> =>
    [
      ...(await logs()).matchAll(
        /"height":(\d+),"round":\d+,"txs":\d+,"message":"block committed"/g,
      ),
    ].map((match) => Number(match[1]));

  const waitForHeightAbove = async (height: number): Promise<void> => {
    await waitFor(`height above ${height}`, WAIT_MS, async () => {
      const top = Math.max(0, ...(await heights()));
      return top > height ? { done: undefined } : { waiting: `height ${top}` };
    });
  };

  beforeAll(async () => {
    await (await ensureImageBuilder({ yes: true })).buildImage(nodeImage().spec);
    const [node] = writeDevnet({
      directory,
      nodes: [
        { name: "node-1", host: "127.0.0.1", p2pPort: 24100, rpcPort: 24101, opsPort: 24103 },
      ],
      accounts: 0,
      amount: "1",
      logLevel: "info",
      parameters: { minBlockMs: 20, emptyBlockIntervalMs: 50 },
      randomBytes: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
      nowMs: Date.now(),
    }).nodes;
    const paths = devnetPaths(directory);
    // The container's user is not ours; these are keys of a network that lives for this test.
    chmodSync(directory, 0o755);
    for (const path of [paths.nodeKey("node-1"), paths.validatorKey("node-1")])
      chmodSync(path, 0o444);
    expect(node?.name).toBe("node-1");
    await engine(
      "volume",
      "create",
      "--driver",
      "local",
      "--opt",
      "type=tmpfs",
      "--opt",
      "device=tmpfs",
      "--opt",
      "o=size=8m,uid=1000,gid=1000",
      NAME,
    );
    await engine(
      "run",
      "--detach",
      "--name",
      `${NAME}-holder`,
      "--volume",
      `${NAME}:${DATA}`,
      "--entrypoint",
      "node",
      image,
      "-e",
      "setInterval(() => {}, 1e9)",
    );
    await engine(
      "run",
      "--detach",
      "--name",
      NAME,
      "--read-only",
      "--volume",
      `${NAME}:${DATA}`,
      "--volume",
      `${directory}:/etc/timecoin:ro`,
      "--env",
      `TIMECOIN_DATA_DIR=${DATA}`,
      image,
      "run",
      "--config",
      "/etc/timecoin/node-1/config.yaml",
      "--init",
    );
  });
  afterAll(async () => {
    await engine("rm", "--force", NAME, `${NAME}-holder`);
    await engine("volume", "rm", NAME);
    rmSync(directory, { recursive: true, force: true });
  });

  it("ends the node with a code that names it", async () => {
    await waitForHeightAbove(5);
    await onDisk(`
      const file = fs.openSync("${DATA}/filler", "a");
      const chunk = Buffer.alloc(4096);
      try { for (;;) fs.writeSync(file, chunk); } catch (error) { if (error.code !== "ENOSPC") throw error; }
    `);
    expect(await engine("wait", NAME)).toBe("70");
    expect(await logs()).toMatch(/(STORE|WAL)_DISK_FULL|SIGN_DISK/);
  });

  it("loses nothing: with room again the chain goes on", async () => {
    const before = Math.max(...(await heights()));
    await onDisk(`fs.rmSync("${DATA}/filler")`);
    await engine("start", NAME);
    await waitForHeightAbove(before + 5);
    const all = await heights();
    expect(all).toEqual(Array.from({ length: all.length }, (_, i) => i + 1));
  });
});
