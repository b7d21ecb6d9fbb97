// Bytes of a real daemon's chain database change while it is stopped, at places spread over the largest table.
// Started again it has the whole chain after a while, or says that the database is damaged and ends. Nobody
// who asks it for a block ends it, and no answer is wrong.

import { closeSync, cpSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LocalNetwork, type LocalNode } from "../tools/processes/local-network.ts";
import { waitFor } from "../tools/wait-for.ts";

const WAIT_MS = 60_000;
const PLACES = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85];
const HEIGHT = 60;

let network: LocalNetwork;
let victim: LocalNode;
let data = "";
const hashes: string[] = [];

beforeAll(async () => {
  network = await LocalNetwork.create(4, { emptyBlockIntervalMs: 200 });
  victim = network.node(3);
  data = join(network.paths.nodeDirectory("node-4"), "data");
  network.startAll();
  await victim.waitForHeight(HEIGHT, WAIT_MS);
  // A start moves what the database's log holds into a table.
  await victim.end("SIGTERM");
  victim.start();
  await victim.waitForHeight(HEIGHT + 1, WAIT_MS);
  await victim.end("SIGTERM");
  cpSync(data, `${data}.sound`, { recursive: true });
  for (let height = 1; height <= HEIGHT; height++)
    hashes.push(await network.node(0).rpc<string>("getblockhash", [height]));
});

afterAll(() => network.remove());

/** Four bytes of the largest table, at a part of its length. */
function flipAt(place: number): void {
  const chain = join(data, "chain");
  const [largest] = readdirSync(chain)
    .filter((name) => name.endsWith(".ldb"))
    .map((name) => ({ path: join(chain, name), sizeBytes: statSync(join(chain, name)).size }))
    .sort((a, b) => b.sizeBytes - a.sizeBytes);
  if (largest === undefined) throw new Error("the database has a table");
  const file = openSync(largest.path, "r+");
  writeSync(file, Buffer.from([0x5a, 0xa5, 0x3c, 0xc3]), 0, 4, largest.sizeBytes * place);
  closeSync(file);
}

/** The hash that the node gives for each height; undefined where it has lost the block. */
const answersOf = (node: LocalNode): Promise<(string | undefined)[]> =>
  Promise.all(
    hashes.map((_, i) =>
      node.rpc<string>("getblockhash", [i + 1]).catch((error: unknown) => {
        if (!String(error).includes("disk has lost block")) throw error;
        return undefined;
      }),
    ),
  );

it("is mended from peers or refused, wherever its bytes change", async () => {
  const endings = new Map<number, string>();
  for (const place of PLACES) {
    rmSync(data, { recursive: true });
    cpSync(`${data}.sound`, data, { recursive: true });
    flipAt(place);
    const before = victim.log().length;
    victim.start();
    const ended = victim.ended();
    const end = await waitFor(`damaged at ${place}: it has the whole chain`, WAIT_MS, async () => {
      const code = await Promise.race([ended, victim.status()]);
      if (code !== undefined && "signal" in code) return { done: "refused" };
      if (code === undefined) return { waiting: "no status yet" };
      const answers = await answersOf(victim);
      for (const [i, answer] of answers.entries()) expect([hashes[i], undefined]).toContain(answer);
      return answers.includes(undefined) ? { waiting: "blocks are lost" } : { done: "mended" };
    });
    const said = victim.log().slice(before);
    endings.set(place, said.includes("blocks are lost") ? `${end}, blocks were lost` : end);
    if (end === "refused") expect(said).toContain("STORE_CORRUPT");
    else await victim.end("SIGTERM");
  }
  expect([...endings.values()]).toContain("mended, blocks were lost");
});
