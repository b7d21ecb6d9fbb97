// `npm run devnet` as a developer meets it: a running network with funded accounts, one payment by
// time-cli, and a Ctrl-C that leaves nothing behind.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readDevnet } from "@timecoin/node/devnet/devnet-files";
import { devnetPaths, opsUrlOf, rpcUrlOf } from "@timecoin/node/devnet/devnet-plan";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromRoot } from "../tools/network/product-images.ts";
import { TIMED } from "../tools/processes/local-network.ts";
import { waitFor } from "../tools/wait-for.ts";

describe("the devnet", () => {
  const directory = join(mkdtempSync(join(tmpdir(), "timecoin-devnet-")), "net");
  const lines: string[] = [];
  let devnet: ChildProcess;

  beforeAll(() => {
    devnet = spawn(process.execPath, [TIMED, "devnet", "--dir", directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (devnet.stdout !== null)
      createInterface({ input: devnet.stdout }).on("line", (line) => lines.push(line));
  });
  afterAll(() => {
    devnet.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });

  const timeCli = (...args: string[]) =>
    spawnSync(process.execPath, [fromRoot("node/src/time-cli.ts"), ...args], {
      encoding: "utf8",
      timeout: 60_000,
    });

  const plan = () => {
    const found = readDevnet(directory);
    if (found === undefined) throw new Error("the devnet has no plan yet");
    return found;
  };

  it("says when the first block is there, and lists nodes and funded accounts", async () => {
    await waitFor("the first block", 60_000, () =>
      Promise.resolve(
        lines.some((line) => /first block/i.test(line))
          ? { done: undefined }
          : { waiting: lines.join("\n") },
      ),
    );
    await waitFor("the report", 10_000, () =>
      Promise.resolve(
        plan().accounts.every(({ address }) => lines.join("\n").includes(address))
          ? { done: undefined }
          : { waiting: lines.join("\n") },
      ),
    );
    expect(lines.join("\n")).toContain(
      rpcUrlOf(plan().nodes[0] ?? plan().nodes[1] ?? ({} as never)),
    );
  });

  it("takes a payment by time-cli and makes it final", () => {
    const [from, to] = plan().accounts;
    const [node] = plan().nodes;
    if (from === undefined || to === undefined || node === undefined)
      throw new Error("an empty plan");
    const url = rpcUrlOf(node);
    const sent = timeCli(
      "--rpc-url",
      url,
      "--json",
      "send",
      "--key",
      devnetPaths(directory).accountKey(from.name),
      to.address,
      "2.5",
    );
    // The txid at once, beside the result.
    expect(JSON.parse(sent.stderr)).toMatchObject({ sent: { isTaken: true } });
    expect(sent.status).toBe(0);
    const balance = timeCli("--rpc-url", url, "--json", "get-balance", to.address);
    expect(JSON.parse(balance.stdout)).toMatchObject({ amount: "1000002.5" });
  });

  it("ends everything on Ctrl-C with code 0", async () => {
    const nodes = plan().nodes;
    const code = await new Promise<number | null>((resolve) => {
      devnet.once("exit", resolve);
      devnet.kill("SIGINT");
    });
    expect(code).toBe(0);
    for (const node of nodes) await expect(fetch(`${opsUrlOf(node)}/livez`)).rejects.toThrow();
  });
});
