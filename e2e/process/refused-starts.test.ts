// Daemons that must not sign: a halt marker, and a sign state that is gone beside the blocks that its key
// has signed. Each refuses with its exit code and says what to do.

import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { haltMarkerOf, writeHaltMarker } from "@timecoin/node/halt-marker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalNetwork, TIMED } from "../tools/processes/local-network.ts";

const WAIT_MS = 60_000;
const run = promisify(execFile);

describe("a daemon that must not sign", () => {
  let network: LocalNetwork;
  const dataDir = (index: number): string =>
    join(network.paths.nodeDirectory(network.node(index).plan.name), "data");
  const culprit = "ab".repeat(32);

  beforeAll(async () => {
    network = await LocalNetwork.create(4, { emptyBlockIntervalMs: 200 });
    network.startAll();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(4, WAIT_MS)));
    await Promise.all([2, 3].map((index) => network.node(index).end("SIGTERM")));
  });
  afterAll(async () => {
    await network.remove();
  });

  it("refuses beside a halt marker with code 71, names the culprits, and starts when it is cleared", async () => {
    const node = network.node(3);
    const certificate = {
      type: 2,
      height: 3,
      round: 0,
      blockHash: new Uint8Array(32).fill(1),
      signers: [true, true, true, false],
      signatures: Array.from({ length: 3 }, () => new Uint8Array(64)),
    } as const;
    const validators = Array.from({ length: 4 }, () => ({
      publicKey: new Uint8Array(32).fill(0xab),
      nodeKey: new Uint8Array(32),
      power: 1,
    }));
    const found = {
      height: 3,
      ours: certificate,
      theirs: { ...certificate, blockHash: new Uint8Array(32).fill(2) },
      conflict: { kind: "sameRound", culprits: [1] },
      validators,
    } as const;
    const about = { genesisHash: new Uint8Array(32), nowMs: Date.now() };
    writeHaltMarker(dataDir(3), haltMarkerOf(found, about));
    node.start();
    expect(await node.ended()).toEqual({ code: 71, signal: null });
    expect(node.log()).toContain("error NODE_HALTED");
    expect(node.log()).toContain(`culprits: ${culprit}`);
    const shown = await run(process.execPath, [TIMED, "halt", "show", "--json", "-d", dataDir(3)]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      halted: true,
      marker: { height: 3, culprits: [{ index: 1, publicKey: culprit }] },
    });
    await run(process.execPath, [TIMED, "halt", "clear", "-d", dataDir(3)]);
    node.start();
    await node.waitForHeight(5, WAIT_MS);
  });

  it("refuses without its sign state beside blocks that its key has signed", async () => {
    const node = network.node(2);
    expect(existsSync(join(dataDir(2), "sign-state"))).toBe(true);
    rmSync(join(dataDir(2), "sign-state"));
    node.start();
    expect(await node.ended()).toEqual({ code: 1, signal: null });
    expect(node.log()).toContain("error SIGN_STATE_MISSING");
    expect(node.log()).toMatch(/signature of this key at height \d+/);
    expect(node.log()).toContain("timed init --signed-up-to");
  });
});
