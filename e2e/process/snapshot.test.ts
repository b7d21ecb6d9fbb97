// A real node joins by snapshot: it takes the state from its peers, follows from there, and signs. Old blocks are
// dropped where the configuration says so. Who is given a wrong block to trust follows nobody.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalNetwork, type LocalNode } from "../tools/processes/local-network.ts";
import { waitFor } from "../tools/wait-for.ts";

const WAIT_MS = 90_000;
const EVERY = ["--store-snapshot-every-blocks", "40"];
const FEW_BLOCKS = ["--store-snapshot-every-blocks", "10", "--store-retain-blocks", "30"];
/** So far below the oldest snapshot that a node offers its blocks stay (node/src/daemon/chain-upkeep.ts). */
const BELOW_SNAPSHOT = 100;

interface ChainInfo {
  readonly blocks: number;
  readonly baseHeight: number;
  readonly stateroot: string;
}

let network: LocalNetwork;
/** The lowest block that came with the snapshot. */
let joinedBase = 1;
const dataOf = (index: number): string =>
  join(network.paths.nodeDirectory(network.node(index).plan.name), "data");
const blockHash = (node: LocalNode, height: number): Promise<string> =>
  node.rpc<string>("getblockhash", [height]);
const infoOf = (node: LocalNode): Promise<ChainInfo> => node.rpc<ChainInfo>("getblockchaininfo");

async function recentBlock(node: LocalNode): Promise<{ height: number; trust: string }> {
  const height = await node.rpc<number>("getblockcount");
  return { height, trust: `${height}:${await blockHash(node, height)}` };
}

async function signsAbove(node: LocalNode, height: number): Promise<void> {
  await waitFor(`${node.plan.name} signs above ${height}`, WAIT_MS, async () => {
    const status = await node.status();
    const signed = status?.self.lastSignedHeight ?? 0;
    return signed > height
      ? { done: undefined }
      : { waiting: `signed ${signed} last; ${status?.self.notSigning ?? status?.sync.joining}` };
  });
}

beforeAll(async () => {
  network = await LocalNetwork.create(4, { emptyBlockIntervalMs: 150 });
  for (const node of network.nodes.slice(0, 3)) node.start(...EVERY);
  await waitFor("snapshots", WAIT_MS, async () => {
    const servers = network.nodes.slice(0, 3);
    const ready = servers.filter((node) => node.log().includes("snapshot for joining nodes"));
    return ready.length === 3 ? { done: undefined } : { waiting: `${ready.length} of 3` };
  });
  await network.node(0).waitForHeight(45, WAIT_MS);
});
afterAll(() => network.remove());

describe("a node with a trusted block", () => {
  it("joins by snapshot, has no block from before, and signs", async () => {
    const { height, trust } = await recentBlock(network.node(0));
    const joiner = network.node(3);
    joiner.start("--trust", trust, ...EVERY);
    await signsAbove(joiner, height);
    expect(joiner.log()).toContain("joined by snapshot");
    joinedBase = (await infoOf(joiner)).baseHeight;
    expect(joinedBase).toBeGreaterThan(1);
    await expect(blockHash(joiner, 1)).rejects.toThrow(`keeps blocks from height ${joinedBase} on`);
    expect(await blockHash(joiner, height)).toBe(await blockHash(network.node(0), height));
  });

  it("starts again from what it has, and drops the blocks that it is not to keep", async () => {
    const joiner = network.node(3);
    await joiner.waitForHeight(joinedBase + BELOW_SNAPSHOT + 30, WAIT_MS);
    await joiner.end("SIGTERM");
    const { height, trust } = await recentBlock(network.node(1));
    joiner.start("--trust", trust, ...FEW_BLOCKS);
    await signsAbove(joiner, height);
    await waitFor("dropped blocks", WAIT_MS, async () => {
      const { baseHeight } = await infoOf(joiner);
      return baseHeight > joinedBase ? { done: undefined } : { waiting: `base ${baseHeight}` };
    });
    await expect(blockHash(joiner, joinedBase)).rejects.toThrow("keeps blocks from height");
    const { blocks } = await infoOf(joiner);
    const of = (node: LocalNode) => node.rpc<{ stateroot: string }>("getblock", [blocks]);
    expect((await of(joiner)).stateroot).toBe((await of(network.node(2))).stateroot);
  });

  it("follows a node that keeps all blocks where no snapshot is below the trusted one", async () => {
    const joiner = network.node(3);
    await joiner.end("SIGKILL");
    rmSync(join(dataOf(3), "chain"), { recursive: true });
    joiner.start("--trust", `2:${await blockHash(network.node(0), 2)}`, ...EVERY);
    await signsAbove(joiner, (await recentBlock(network.node(0))).height);
    expect(joiner.log()).toContain("following from block 1");
    expect((await infoOf(joiner)).baseHeight).toBe(1);
  });

  it("follows nobody where the trusted block is another one, and bans nobody", async () => {
    const joiner = network.node(3);
    await joiner.end("SIGKILL");
    const height = (await recentBlock(network.node(0))).height + 5;
    const wrong = `${height}:${"ab".repeat(32)}`;
    joiner.start("--trust", wrong);
    // It has blocks already, and reaches the height by consensus.
    expect(await joiner.ended()).toMatchObject({ code: 70 });
    expect(joiner.log()).toContain("TRUST_MISMATCH");
    joiner.start("--trust", wrong);
    expect(await joiner.ended()).toMatchObject({ code: 1 });
    rmSync(join(dataOf(3), "chain"), { recursive: true });
    joiner.start("--trust", wrong);
    expect(await joiner.ended()).toMatchObject({ code: 1 });
    expect(joiner.log()).toContain("no peer has the trusted block");
    for (const node of network.nodes) expect(node.log()).not.toContain("PEER_BANNED");
    joiner.start();
    await signsAbove(joiner, height);
  });
});
