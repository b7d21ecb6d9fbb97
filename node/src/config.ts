// The node's configuration: one strict schema, pure, so that the operator writes exactly what the
// daemon reads (`@timecoin/node/config`). Every leaf has a description and, unless it must be given,
// a default; docs/reference/config.md, the environment variables and the flags are derived from it
// (config/leaves.ts). Secrets never stand in it: keys and tokens are files that it names.

import { z } from "zod";
import { parseIpRange } from "./types/ip-range.ts";

export type Profile = "Mainnet" | "Testnet" | "Devnet";

/** docs/protocol.md#ports: devnets count as testnets. */
export const DEFAULT_PORTS: Readonly<
  Record<Profile, Readonly<Record<"p2p" | "rpc" | "ops" | "admin", number>>>
> = {
  Mainnet: { p2p: 24000, rpc: 24001, ops: 24003, admin: 24004 },
  Testnet: { p2p: 24100, rpc: 24101, ops: 24103, admin: 24104 },
  Devnet: { p2p: 24100, rpc: 24101, ops: 24103, admin: 24104 },
};

const MIB = 1024 * 1024;

// The received value is left out of every message about these: it might be the secret itself.
const filePath = (purpose: string) =>
  z
    .string()
    .min(1)
    .max(4096)
    .refine((path) => !/^[0-9a-fA-F]{64}$/.test(path), "looks like a key; give the path of a file")
    .meta({
      description: `${purpose}. Relative paths start at the file that names them.`,
      file: true,
    });

const host = (what: string) => z.string().min(1).max(253).describe(what);

const port = (what: string) =>
  z
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe(`${what}; 0 takes any free port. By profile if absent.`);

const count = (maximum: number, fallback: number, what: string) =>
  z.int().min(1).max(maximum).default(fallback).describe(what);

const durationMs = (maximum: number, fallback: number, what: string) =>
  z.int().min(1).max(maximum).default(fallback).describe(what);

const PEER =
  /^[0-9a-f]{40}@(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_.])?):\d{1,5}$/;
const ADVERTISE = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_.])?):\d{1,5}$/;

const TRUST = /^[1-9]\d{0,14}:[0-9a-fA-F]{64}$/;

const Keys = z.strictObject({
  validatorKeyFile: filePath(
    "Key file that signs votes; absent for a node without a vote",
  ).optional(),
  nodeKeyFile: filePath("Key file that authenticates the node's peer links"),
  signAboveHeight: z
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER - 1)
    .optional()
    .describe(
      "Signs only above this height: for a validator key whose last-sign state is lost. Kept in the new state, and never lowered by leaving it out",
    ),
});

const P2p = z.strictObject({
  host: host("Address to listen on for peers").default("0.0.0.0"),
  port: port("Port for peers"),
  advertise: z
    .string()
    .max(300)
    .regex(ADVERTISE, "is not host:port")
    .optional()
    .describe("host:port that other nodes dial to reach this one; absent: not advertised"),
  peers: z
    .array(z.string().max(300).regex(PEER, "is not nodeId@host:port (40 hex digits before the @)"))
    .max(256)
    .default([])
    .describe("Peers to stay connected to, nodeId@host:port each"),
  refuse: z
    .array(z.string().regex(/^[0-9a-f]{40}$/, "is not a node id (40 hex digits, lower case)"))
    .max(256)
    .default([])
    .describe("Node ids that this node never links with, whoever dials"),
  clusterRanges: z
    .array(
      z
        .string()
        .max(64)
        .refine((text) => parseIpRange(text) !== undefined, "is no range such as 10.0.0.0/8"),
    )
    .max(64)
    .default([])
    .describe(
      "Ranges of addresses of the node's own cluster: no limits and no bans by address hold inside",
    ),
  maxInbound: count(
    1024,
    128,
    "Most links that strangers dialled; validators and configured peers have places besides",
  ),
  maxOutbound: count(1024, 64, "Most links that this node dialled"),
  maxPerIp: count(1024, 8, "Most links that strangers dialled from one IP address"),
  maxPerNetwork: count(
    1024,
    32,
    "Most links that strangers dialled from one network (/24, or /48 of IPv6)",
  ),
  handshakeTimeoutMs: durationMs(60_000, 5000, "Time for TLS and hello of a new link"),
  rateBytesPerSec: z
    .int()
    .min(64 * 1024)
    .max(1024 * MIB)
    .default(5_000_000)
    .describe("Bytes a second taken from one peer"),
});

const Rpc = z.strictObject({
  enabled: z.boolean().default(true).describe("Serve JSON-RPC"),
  host: host("Address to listen on for RPC; it has no authentication").default("127.0.0.1"),
  port: port("Port of JSON-RPC"),
  maxBodyBytes: z
    .int()
    .min(1024)
    .max(16 * MIB)
    .default(MIB)
    .describe("Largest request body"),
  maxBatch: count(1000, 10, "Most requests in one batch"),
  maxConnections: count(10_000, 512, "Most connections; a newcomer takes an idle one's place"),
  maxPerAddress: count(10_000, 128, "Most connections from one IP address"),
  hostNames: z
    .array(z.string().min(1).max(253))
    .max(64)
    .default([])
    .describe(
      "Names, besides addresses and localhost, that a request's Host header may have. None given: no name where rpc.host is a loopback address, else any",
    ),
});

const Ops = z.strictObject({
  host: host("Address to listen on for metrics, probes and status").default("127.0.0.1"),
  port: port("Port of metrics, probes and status"),
});

const Admin = z.strictObject({
  tokenFile: filePath(
    "File with the secret that admin requests must show; absent: no admin API",
  ).optional(),
  host: host("Address to listen on for the admin API").default("127.0.0.1"),
  port: port("Port of the admin API, https"),
});

const Consensus = z.strictObject({
  adaptive: z
    .boolean()
    .default(true)
    .describe(
      "Let timeouts follow the links' delay; timeoutProposeMs and timeoutVoteMs are the least",
    ),
  timeoutProposeMs: durationMs(60_000, 300, "Least wait for a proposal in round 0"),
  timeoutVoteMs: durationMs(
    60_000,
    100,
    "Least wait for further votes after a quorum of mixed ones, in round 0",
  ),
  timeoutGrowth: z.number().min(1).max(4).default(1.2).describe("Factor on timeouts per round"),
  maxTimeoutMs: durationMs(600_000, 10_000, "Upper bound of every timeout"),
  voteRelay: z
    .enum(["mesh", "leader", "auto"])
    .default("auto")
    .describe("Votes go to all, or through the leader; auto: through it above 64 validators"),
  compactFromBytes: z
    .int()
    .min(0)
    .max(16 * MIB)
    .default(16 * 1024)
    .describe("Bytes of transactions from which proposals name them by id instead"),
  doubleSignCheckHeight: z
    .int()
    .min(0)
    .max(100_000)
    .default(10)
    .describe(
      "Blocks in whose certificates a node without its sign state looks for its own key before it starts, and heights that it waits before it signs; 0: neither",
    ),
});

const Mempool = z.strictObject({
  maxTxs: count(1_000_000, 20_000, "Most pending transactions"),
  maxBytes: z
    .int()
    .min(MIB)
    .max(4096 * MIB)
    .default(64 * MIB)
    .describe("Most bytes of pending transactions"),
  ttlBlocks: count(1_000_000, 600, "Blocks after which a pending transaction is dropped"),
});

const Sync = z.strictObject({
  window: count(64, 20, "Blocks asked for ahead of the one that is applied"),
  requestTimeoutMs: durationMs(120_000, 5000, "Wait for a peer's answer before another is asked"),
  trust: z
    .string()
    .regex(TRUST, "is not HEIGHT:HASH, a height and the 64 hex digits of its block's hash")
    .optional()
    .describe(
      "HEIGHT:HASH of a recent block that you trust. A node without blocks then joins by a snapshot from below it; and no node follows a chain that has another block there",
    )
    .meta({ flag: "--trust" }),
});

const StoreSettings = z.strictObject({
  audit: z
    .enum(["quick", "full"])
    .default("quick")
    .describe(
      "What a start reads of the chain database. quick: all unspent outputs, their lists and the newest blocks; full: every block, and the hash of every output",
    ),
  snapshotEveryBlocks: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(1_000)
    .describe("Blocks from one snapshot for joining nodes to the next; 0: none are made"),
  retainBlocks: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe(
      "Newest blocks that are kept, at least three times snapshotEveryBlocks; 0: all. With fewer than all a node joins this one by snapshot only",
    ),
});

const LogSettings = z.strictObject({
  level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("Least level logged"),
  format: z
    .enum(["json", "pretty"])
    .default("json")
    .describe("json for programs, pretty for people"),
});

const RawNodeConfigSchema = z.strictObject({
  profile: z
    .enum(["Mainnet", "Testnet", "Devnet"])
    .default("Testnet")
    .describe("Kind of network, for default ports; must be the genesis's profile"),
  dataDir: filePath("Directory of blocks, state, log and sign state"),
  genesisFile: filePath("The network's genesis.json"),
  keys: Keys,
  p2p: P2p.prefault({}),
  rpc: Rpc.prefault({}),
  ops: Ops.prefault({}),
  admin: Admin.prefault({}),
  consensus: Consensus.prefault({}),
  mempool: Mempool.prefault({}),
  sync: Sync.prefault({}),
  store: StoreSettings.prefault({}),
  log: LogSettings.prefault({}),
  shutdownTimeoutMs: durationMs(60_000, 8000, "Time to drain and flush before the process ends"),
});

/** What may be written: everything with a default is optional. */
export type NodeConfigInput = z.input<typeof RawNodeConfigSchema>;

/** The schema; parsing fills the defaults, the ports by profile. Unknown keys are refused. */
export const NodeConfigSchema = RawNodeConfigSchema.superRefine(({ p2p, store }, context) => {
  const { retainBlocks, snapshotEveryBlocks } = store;
  const least = 3 * snapshotEveryBlocks;
  if (retainBlocks > 0 && (snapshotEveryBlocks === 0 || retainBlocks < least)) {
    const message =
      snapshotEveryBlocks === 0
        ? "drops blocks, and without snapshots nobody could join any more: set store.snapshotEveryBlocks, or 0 here"
        : `is less than three times store.snapshotEveryBlocks: ${least} at least, or 0 for all`;
    context.addIssue({ code: "custom", path: ["store", "retainBlocks"], message });
  }
  for (const [place, peer] of p2p.peers.entries()) {
    const id = peer.slice(0, peer.indexOf("@"));
    if (!p2p.refuse.includes(id)) continue;
    const message = `names ${id}, which p2p.refuse refuses: take it out of one of the two`;
    context.addIssue({ code: "custom", path: ["p2p", "peers", place], message });
  }
}).transform((config) => {
  const ports = DEFAULT_PORTS[config.profile];
  return {
    ...config,
    p2p: { ...config.p2p, port: config.p2p.port ?? ports.p2p },
    rpc: { ...config.rpc, port: config.rpc.port ?? ports.rpc },
    ops: { ...config.ops, port: config.ops.port ?? ports.ops },
    admin: { ...config.admin, port: config.admin.port ?? ports.admin },
  };
});

/** The effective configuration. */
export type NodeConfig = z.output<typeof NodeConfigSchema>;
