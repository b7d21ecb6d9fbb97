// The plan of a devnet: which node has which addresses, ports and files. Pure data, kept as
// devnet.json in the devnet's directory, so that a kept devnet can be started again as it was.

import { join } from "node:path";
import { z } from "zod";

/** Loopback has 254 addresses; two cores have far less. */
export const MAX_DEVNET_VALIDATORS = 100;

/** Ports relative to the base, as on a testnet: 24100, 24101, 24103. */
const RPC_OFFSET = 1;
const OPS_OFFSET = 3;
/** Between nodes, where all share one address. */
const PORT_STRIDE = 10;
/** Links that each node is told to keep; the others it learns from its peers. */
const CONFIGURED_PEERS = 8;

const NodePlan = z.object({
  name: z.string(),
  host: z.string(),
  p2pPort: z.int(),
  rpcPort: z.int(),
  opsPort: z.int(),
});
export type NodePlan = z.output<typeof NodePlan>;

const AccountPlan = z.object({ name: z.string(), address: z.string(), amount: z.string() });
export type AccountPlan = z.output<typeof AccountPlan>;

export const DevnetPlan = z.object({
  chainId: z.string(),
  nodes: z.array(NodePlan).min(1).max(MAX_DEVNET_VALIDATORS),
  accounts: z.array(AccountPlan),
});
export type DevnetPlan = z.output<typeof DevnetPlan>;

/** Each node has a loopback address of its own (127.0.0.1, .2, …), or all share 127.0.0.1. */
export type AddressScheme = "own" | "shared";

/** Nodes node-1 to node-n from `basePort` up. */
export function planNodes(
  validators: number,
  basePort: number,
  scheme: AddressScheme,
): readonly NodePlan[] {
  return Array.from({ length: validators }, (_, index) => {
    const base = scheme === "own" ? basePort : basePort + index * PORT_STRIDE;
    return {
      name: `node-${index + 1}`,
      host: scheme === "own" ? `127.0.0.${index + 1}` : "127.0.0.1",
      p2pPort: base,
      rpcPort: base + RPC_OFFSET,
      opsPort: base + OPS_OFFSET,
    };
  });
}

/** The peers that node `index` is configured with: all others, or the next eight of the ring. */
export function peersOf<T>(nodes: readonly T[], index: number): readonly T[] {
  const others = [...nodes.slice(index + 1), ...nodes.slice(0, index)];
  return others.slice(0, CONFIGURED_PEERS);
}

export const rpcUrlOf = ({ host, rpcPort }: NodePlan): string => `http://${host}:${rpcPort}`;
export const opsUrlOf = ({ host, opsPort }: NodePlan): string => `http://${host}:${opsPort}`;

/** The nodes' dataDir, relative to their configuration. */
export const DATA_FOLDER = "data";

/** Where everything lies in the devnet's directory. */
export const devnetPaths = (directory: string) => ({
  plan: join(directory, "devnet.json"),
  genesis: join(directory, "genesis.json"),
  accountKey: (name: string) => join(directory, "accounts", `${name}.json`),
  nodeDirectory: (name: string) => join(directory, name),
  config: (name: string) => join(directory, name, "config.yaml"),
  dataDirectory: (name: string) => join(directory, name, DATA_FOLDER),
  validatorKey: (name: string) => join(directory, name, "validator-key.json"),
  nodeKey: (name: string) => join(directory, name, "node-key.json"),
  log: (name: string) => join(directory, name, "node.log"),
});
