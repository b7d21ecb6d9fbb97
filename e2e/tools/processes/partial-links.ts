// Real daemons whose links are cut for good by the transport: each is linked only with its neighbours on a
// circle, f of them are killed, and the chain must go on. Used by the benchmark consensus.processes and,
// small, by a process test.

import { readFileSync, writeFileSync } from "node:fs";
import { parseGenesis } from "@timecoin/node/genesis";
import { nodeIdOf } from "@timecoin/node/keys";
import { parse, stringify } from "yaml";
import { LocalNetwork } from "./local-network.ts";

const WAIT_MS = 180_000;
const SETTLED_HEIGHT = 3;

export interface PartialLinksOptions {
  readonly validators: number;
  /** Each daemon is linked with so many on either side. At least half of f + 1, so that all may begin. */
  readonly reach: number;
  /** Which of them are killed, by place on the circle. */
  readonly killed: readonly number[];
  /** Blocks that must come after that. */
  readonly blocks: number;
  readonly emptyBlockIntervalMs: number;
  readonly say: (line: string) => void;
}

export interface PartialLinksReport {
  /** From the kill to the last of the blocks. */
  readonly elapsedMs: number;
  /** The most links that one daemon has. */
  readonly mostLinks: number;
  readonly forks: readonly number[];
}

/** Runs the trial on a network of its own, which is gone afterwards. */
export async function partialLinksTrial(options: PartialLinksOptions): Promise<PartialLinksReport> {
  const { validators, emptyBlockIntervalMs, reach, killed, blocks, say } = options;
  const network = await LocalNetwork.create(validators, { emptyBlockIntervalMs });
  try {
    cutLinks(network, reach);
    network.startAll();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(SETTLED_HEIGHT, WAIT_MS)));
    say(`${validators} daemons commit, each linked with ${2 * reach} of the others`);
    await Promise.all(killed.map((place) => network.node(place).end("SIGKILL")));
    const running = network.nodes.filter((_, place) => !killed.includes(place));
    const statuses = await Promise.all(running.map((node) => node.status()));
    const from = Math.max(...statuses.map((status) => status?.height ?? 0));
    const startedAtMs = performance.now();
    await Promise.all(running.map((node) => node.waitForHeight(from + blocks, WAIT_MS)));
    const elapsedMs = Math.round(performance.now() - startedAtMs);
    say(`${killed.length} killed; ${blocks} blocks in ${elapsedMs} ms`);
    const mostLinks = Math.max(...statuses.map((status) => status?.peers.validators ?? 0));
    return { elapsedMs, mostLinks, forks: await network.forks(from + blocks, running) };
  } finally {
    await network.remove();
  }
}

/** Each refuses all but its neighbours on the circle. */
function cutLinks(network: LocalNetwork, reach: number): void {
  const ids = nodeIdsOf(network);
  const { length } = ids;
  for (const [place, { plan }] of network.nodes.entries()) {
    const refuse = ids.filter((_, other) => {
      const apart = Math.abs(place - other);
      return Math.min(apart, length - apart) > reach;
    });
    const path = network.paths.config(plan.name);
    const { p2p, ...rest } = parse(readFileSync(path, "utf8")) as { p2p: { peers: string[] } };
    // A configuration that refuses its own peers is refused.
    const peers = p2p.peers.filter((peer) => !refuse.some((id) => peer.startsWith(id)));
    writeFileSync(path, stringify({ ...rest, p2p: { ...p2p, peers, refuse } }));
  }
}

function nodeIdsOf(network: LocalNetwork): readonly string[] {
  const genesis = parseGenesis(readFileSync(network.paths.genesis, "utf8"));
  if (!genesis.ok) throw new Error(genesis.reason);
  const { validators } = genesis.value;
  return network.nodes.map(({ plan }) => {
    const member = validators.find(({ name }) => name === plan.name);
    if (member === undefined) throw new Error(`${plan.name} is no validator of the genesis`);
    return nodeIdOf(member.nodeKey);
  });
}
