// Writes everything a devnet needs into its directory: keys, genesis with funded accounts, one
// configuration file and one sign state a node, and the plan last, so that a directory with a plan is
// complete. The keys are new, so each sign state is begun here, as `timed init` does (docs/adr/0015).

import { mkdirSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { stringify } from "yaml";
import { initSignState } from "../adapters/init-sign-state.ts";
import { readText, writeNewFile } from "../adapters/local-files.ts";
import { signStatePath } from "../adapters/sign-state-file.ts";
import { formatTime, parseTime } from "../codec/amount.ts";
import { toHex } from "../codec/hex.ts";
import type { NodeConfigInput } from "../config.ts";
import { addressOf } from "../crypto/address.ts";
import { formatSeed } from "../crypto/key-file.ts";
import { generateKeyPair, nodeIdOf } from "../crypto/pure-keys.ts";
import {
  formatGenesis,
  type GenesisFile,
  genesisHashOf,
  genesisValidatorOf,
  parseGenesis,
} from "../genesis.ts";
import { CodedError } from "../types/errors.ts";
import { MAX_ALLOCATIONS } from "../types/limits.ts";
import { coinLadder } from "./coin-ladder.ts";
import {
  type AccountPlan,
  DATA_FOLDER,
  DevnetPlan,
  devnetPaths,
  type NodePlan,
  peersOf,
} from "./devnet-plan.ts";

/** A million TIME takes twenty. */
const MAX_COINS = 32;
const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;

export interface DevnetSpec {
  readonly directory: string;
  readonly nodes: readonly NodePlan[];
  readonly accounts: number;
  /** TIME of each account, decimal. */
  readonly amount: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly parameters: NonNullable<GenesisFile["parameters"]>;
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
  readonly nowMs: number;
}

interface Member extends NodePlan {
  readonly nodeId: string;
  readonly publicKey: Uint8Array;
  readonly entry: GenesisFile["validators"][number];
}

function writeMember(spec: DevnetSpec, chainId: string, node: NodePlan): Member {
  const paths = devnetPaths(spec.directory);
  const validator = generateKeyPair(spec.randomBytes(32));
  const link = generateKeyPair(spec.randomBytes(32));
  mkdirSync(paths.nodeDirectory(node.name), { recursive: true });
  writeNewFile(paths.validatorKey(node.name), formatSeed(validator.seed), SECRET_MODE);
  writeNewFile(paths.nodeKey(node.name), formatSeed(link.seed), SECRET_MODE);
  const seeds = { validatorSeed: validator.seed, nodeSeed: link.seed };
  const entry = genesisValidatorOf(chainId, node.name, seeds);
  const { publicKey } = validator;
  return { ...node, nodeId: nodeIdOf(link.publicKey), publicKey, entry };
}

function writeAccounts({ directory, accounts, amount, randomBytes }: DevnetSpec): AccountPlan[] {
  const paths = devnetPaths(directory);
  mkdirSync(dirname(paths.accountKey("x")), { recursive: true });
  return Array.from({ length: accounts }, (_, index) => {
    const name = `account-${index + 1}`;
    const { seed, publicKey } = generateKeyPair(randomBytes(32));
    writeNewFile(paths.accountKey(name), formatSeed(seed), SECRET_MODE);
    return { name, address: addressOf(publicKey, "testnet"), amount };
  });
}

/** Several coins for each account, as many as genesis admits. */
function allocationsOf(accounts: readonly AccountPlan[]): GenesisFile["allocations"] {
  const maxCoins = Math.min(MAX_COINS, Math.floor(MAX_ALLOCATIONS / Math.max(1, accounts.length)));
  return accounts.flatMap(({ address, amount }) => {
    const satoshi = parseTime(amount);
    if (!satoshi.ok) throw new CodedError(satoshi.code, `amount ${amount} ${satoshi.reason}`);
    const coins = coinLadder(satoshi.value, maxCoins);
    return coins.map((coin) => ({ address, amount: formatTime(coin) }));
  });
}

/** The genesis in its file; its hash. */
function writeGenesis(spec: DevnetSpec, plan: DevnetPlan, members: readonly Member[]): Uint8Array {
  const parsed = parseGenesis({
    chainId: plan.chainId,
    profile: "Devnet",
    nonce: toHex(spec.randomBytes(32)),
    timeMs: spec.nowMs,
    parameters: spec.parameters,
    validators: members.map(({ entry }) => entry),
    allocations: allocationsOf(plan.accounts),
  });
  if (!parsed.ok) throw new CodedError(parsed.code, parsed.reason);
  writeNewFile(devnetPaths(spec.directory).genesis, formatGenesis(parsed.value), PUBLIC_MODE);
  return genesisHashOf(parsed.value);
}

function beginSignState(directory: string, publicKey: Uint8Array, genesisHash: Uint8Array): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  initSignState({ statePath: signStatePath(directory), genesisHash, publicKey, seenHeight: 0 });
}

/** The configuration of one member; relative paths start at its own file. */
function configOf(members: readonly Member[], index: number, spec: DevnetSpec): NodeConfigInput {
  const self = members[index];
  if (self === undefined) throw new RangeError(`no member ${index}`);
  const { host, p2pPort, rpcPort, opsPort } = self;
  return {
    profile: "Devnet",
    dataDir: DATA_FOLDER,
    genesisFile: "../genesis.json",
    keys: { validatorKeyFile: "validator-key.json", nodeKeyFile: "node-key.json" },
    p2p: {
      host,
      port: p2pPort,
      advertise: `${host}:${p2pPort}`,
      peers: peersOf(members, index).map((peer) => `${peer.nodeId}@${peer.host}:${peer.p2pPort}`),
      // All members dial from the same loopback address.
      clusterRanges: ["127.0.0.0/24"],
    },
    rpc: { host, port: rpcPort },
    ops: { host, port: opsPort },
    log: { level: spec.logLevel, format: "json" },
  };
}

/** Writes a new devnet. `spec.directory` exists and is empty. */
export function writeDevnet(spec: DevnetSpec): DevnetPlan {
  const paths = devnetPaths(spec.directory);
  const chainId = `devnet-${toHex(spec.randomBytes(4))}`;
  const members = spec.nodes.map((node) => writeMember(spec, chainId, node));
  const plan = { chainId, nodes: [...spec.nodes], accounts: writeAccounts(spec) };
  const genesisHash = writeGenesis(spec, plan, members);
  for (const [index, { name, publicKey }] of members.entries()) {
    beginSignState(paths.dataDirectory(name), publicKey, genesisHash);
    writeNewFile(paths.config(name), stringify(configOf(members, index, spec)), PUBLIC_MODE);
  }
  writeNewFile(paths.plan, `${JSON.stringify(plan, null, 2)}\n`, PUBLIC_MODE);
  return plan;
}

/**
 * The plan of a directory: undefined where it is empty or does not exist yet (it does afterwards).
 * @throws CodedError DEVNET_DIRECTORY where it holds anything but a devnet.
 */
export function readDevnet(directory: string): DevnetPlan | undefined {
  const refused = (reason: string): CodedError =>
    new CodedError("DEVNET_DIRECTORY", `${directory}: ${reason}`);
  let names: readonly string[];
  try {
    mkdirSync(directory, { recursive: true });
    names = readdirSync(directory);
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
  if (names.length === 0) return undefined;
  if (!names.includes("devnet.json")) throw refused("is not empty and holds no devnet");
  let plan: unknown;
  try {
    plan = JSON.parse(readText(devnetPaths(directory).plan));
  } catch {
    throw refused("its devnet.json is damaged");
  }
  const parsed = DevnetPlan.safeParse(plan);
  if (!parsed.success) throw refused("its devnet.json is of another version");
  return parsed.data;
}
