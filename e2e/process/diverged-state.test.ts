// The state of a real validator is altered while it is stopped, checksum and all. It halts at the next block,
// says so, and refuses to start; `timed halt clear` sets its chain aside, and it comes back from its peers.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { alterState } from "../../node/test/alter-state.ts";
import { LocalNetwork, TIMED } from "../tools/processes/local-network.ts";
import { waitFor } from "../tools/wait-for.ts";

const WAIT_MS = 60_000;
const HALTED = 71;

let network: LocalNetwork;
let data = "";

beforeAll(async () => {
  network = await LocalNetwork.create(4, { emptyBlockIntervalMs: 200 });
  data = join(network.paths.nodeDirectory("node-4"), "data");
  network.startAll();
  await network.node(3).waitForHeight(5, WAIT_MS);
});
afterAll(() => network.remove());

const halt = (command: "show" | "clear") =>
  spawnSync(process.execPath, [TIMED, "halt", command, "-d", data], { encoding: "utf8" });

it("halts at the next block, and comes back with the chain of its peers", async () => {
  const victim = network.node(3);
  await victim.end("SIGTERM");
  await alterState(join(data, "chain"));
  victim.start();
  expect(await victim.ended()).toMatchObject({ code: HALTED });
  expect(victim.log()).toContain("STATE_DIVERGED");
  victim.start();
  expect(await victim.ended()).toMatchObject({ code: HALTED });
  expect(victim.log()).toContain("NODE_HALTED");
  expect(halt("show").stdout).toContain("the ledger here refuses it: BLOCK_STATE_ROOT");
  expect(halt("clear").stdout).toContain("the next start fetches it anew");
  expect(existsSync(join(data, "chain"))).toBe(false);
  expect(readdirSync(data).some((name) => name.startsWith("chain.diverged-"))).toBe(true);
  const before = (await network.node(0).status())?.height ?? 0;
  victim.start();
  await waitFor("node-4 signs again", WAIT_MS, async () => {
    const signed = (await victim.status())?.self.lastSignedHeight ?? 0;
    return signed > before ? { done: undefined } : { waiting: `signed ${signed} last` };
  });
  const hashes = await Promise.all(
    [0, 3].map((index) => network.node(index).rpc<string>("getblockhash", [before])),
  );
  expect(new Set(hashes).size).toBe(1);
  expect(network.nodes.slice(0, 3).some((node) => node.log().includes("PEER_BANNED"))).toBe(false);
});
