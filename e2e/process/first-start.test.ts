// The first start of validators by hand (docs/reference/cli.md): `timed init` before it, `timed run --init`,
// or neither; what is said then, and how it is mended.

import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { LocalNetwork, TIMED } from "../tools/processes/local-network.ts";
import { waitFor } from "../tools/wait-for.ts";

const WAIT_MS = 60_000;
const run = promisify(execFile);

describe("validators that are started by hand", () => {
  let network: LocalNetwork;

  beforeAll(async () => {
    network = await LocalNetwork.create(4, { emptyBlockIntervalMs: 300 });
    // As a person has them: keys, genesis and configuration, and nothing that the devnet began.
    for (const { name } of network.plan.nodes) {
      rmSync(network.paths.dataDirectory(name), { recursive: true });
    }
  });
  afterAll(async () => {
    await network.remove();
  });

  const init = async (index: number, ...options: readonly string[]): Promise<string> => {
    const config = network.paths.config(network.node(index).plan.name);
    const args = [TIMED, "init", "--config", config, ...options];
    const ended = await run(process.execPath, args).catch((error: unknown) => error);
    const { stdout, stderr } = ended as { stdout: string; stderr: string };
    return `${stdout}${stderr}`;
  };

  it("have signed nothing once they are initialised, and it is done once", async () => {
    expect(await init(0)).toContain("sign-state: begun. The key has signed nothing");
    expect(await init(0)).toContain("nothing to do");
    expect(await init(1)).toContain("begun");
  });

  it("wait where they were not, and say what to do", async () => {
    const node = network.node(2);
    for (const index of [0, 1, 2]) network.node(index).start();
    const status = await waitFor("node-3 is linked", WAIT_MS, async () => {
      const answer = await node.status();
      if (answer === undefined) return { waiting: "no answer" };
      const { validators } = answer.peers;
      return validators === 2 ? { done: answer } : { waiting: `${validators} links` };
    });
    expect(status.height).toBe(0);
    expect(status.self).toMatchObject({ signState: "lost", signsFrom: 11 });
    expect(status.self.notSigning).toContain("timed init");
    expect(node.log()).toContain("SIGN_STATE_UNKNOWN");
    expect((await network.node(0).status())?.self.signState).not.toBe("lost");
  });

  it("begin when a person says what their keys have signed", async () => {
    await network.node(2).end("SIGTERM");
    expect(await init(2)).toContain("error SIGN_STATE_UNKNOWN");
    expect(await init(2, "--signed-up-to", "0")).toContain("signs above height 0");
    network.node(2).start();
    await network.node(0).waitForHeight(3, WAIT_MS);
  });

  it("come up late with `run --init`, and stand in for one that is killed", async () => {
    network.node(3).start("--init");
    await network.node(3).waitForHeight(3, WAIT_MS);
    await network.node(0).end("SIGKILL");
    const status = await network.node(1).status();
    await network.node(1).waitForHeight((status?.height ?? 0) + 5, WAIT_MS);
    expect((await network.node(3).status())?.self.signState).toBe("kept");
  });

  it("need a key", async () => {
    const path = network.paths.config("node-1");
    const config = parse(readFileSync(path, "utf8")) as { keys: Record<string, unknown> };
    delete config.keys["validatorKeyFile"];
    writeFileSync(path, stringify(config));
    expect(await init(0)).toContain("error INIT_WITHOUT_KEY");
  });
});
