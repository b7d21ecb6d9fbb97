// The composition root: builds the adapters, starts them in order, and stops them in reverse with a
// deadline. What can be refused is refused before a port opens: the verify rule, the data directory's
// lock, halt marker, genesis, store, log and keys.
//
// Start: verify rule -> lock -> chain -> keys -> peer port -> operations -> a snapshot, where the node joins by one
// -> driver -> RPC.
// Stop: RPC (no new work) -> driver (a block being written is finished) -> peers -> operations -> log,
// store, keys -> lock.

import { lockDataDir } from "../adapters/data-dir-lock.ts";
import type { FileSigner } from "../adapters/file-signer.ts";
import {
  divergenceMarkerOf,
  haltMarkerOf,
  refuseWhereHalted,
  writeHaltMarker,
} from "../adapters/halt-marker.ts";
import type { LevelStore } from "../adapters/level-store/level-store.ts";
import type { NodeLog } from "../adapters/log.ts";
import { createMetrics, type PromMetrics } from "../adapters/metrics.ts";
import { readSeedFile } from "../adapters/seed-file.ts";
import { systemClock } from "../adapters/system-clock.ts";
import { systemRandom } from "../adapters/system-random.ts";
import {
  type NodeIdentity,
  openNodeIdentity,
} from "../adapters/ws-transport/handshake/node-identity.ts";
import { openWsTransport, type WsTransport } from "../adapters/ws-transport/ws-transport.ts";
import type { NodeConfig } from "../config.ts";
import { verifyBackend, verifySignature } from "../crypto/verify.ts";
import { assertVerifyRule } from "../crypto/verify-selftest.ts";
import type { ChainState } from "../driver/chain/chain-state.ts";
import type { TrustedBlock } from "../driver/state-sync/trusted-links.ts";
import { validatorSetOf } from "../genesis.ts";
import type { Reloaded } from "../ops/admin-facts.ts";
import type { NodeStatus } from "../ops/status-schema.ts";
import type { Result } from "../types/errors.ts";
import { buildVersion } from "./build-version.ts";
import { ChainUpkeep } from "./chain-upkeep.ts";
import { buildNode, type NodeOptions } from "./consensus-node.ts";
import { openControl } from "./control.ts";
import { openOps, openRpc } from "./listeners.ts";
import { nodeStatus } from "./node-status.ts";
import { type OpenChain, openChain, sayWhatIsDamaged } from "./open-chain.ts";
import { openSigner } from "./open-signer.ts";
import { checkOwnKeys, isValidatorOf } from "./own-keys.ts";
import { RecentSigners } from "./recent-signers.ts";
import { CommitListeners, rpcFacts } from "./rpc-facts.ts";
import { seenSigning } from "./seen-signing.ts";
import { ShutdownSteps } from "./shutdown-steps.ts";
import { joinBySnapshot } from "./state-sync.ts";
import { SyncState } from "./sync-state.ts";
import { checkTrust, parseTrust } from "./trusted-block.ts";

export interface DaemonOptions {
  readonly config: NodeConfig;
  readonly log: NodeLog;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the validator key: open-signer.ts. */
  readonly isFirstStart: boolean;
  /** The configuration as it is written now. */
  readonly readConfig: () => Result<NodeConfig>;
  /** Aborted when the process is told to stop, also before the start is complete. */
  readonly stopAsked: AbortSignal;
  /** The process cannot go on; the caller ends it with an error code. */
  readonly onFatal: (error: unknown) => void;
}

export interface Daemon {
  readonly nodeId: string;
  readonly opsUrl: string;
  readonly rpcUrl: string | undefined;
  /** Reads the configuration again, applies what a running node can change, and says what it did. */
  reload(): Result<Reloaded>;
  /** Stops everything in order; resolves when all is closed, at the latest after the deadline. */
  stop(): Promise<void>;
}

/** Facts of the running process that the status shows. */
interface Moment {
  lastCommitAtMs: number | null;
  draining: boolean;
  started: boolean;
  /** What it does while it joins by snapshot. */
  joining: (() => string) | undefined;
  /** Aborted when the node is told to stop. */
  readonly stopping: AbortController;
}

/** @throws CodedError where something must be put right first; what was opened is closed again. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  assertVerifyRule(verifySignature, verifyBackend());
  const steps = new ShutdownSteps(options.log, options.config.shutdownTimeoutMs);
  try {
    return await start(options, steps);
  } catch (error) {
    await steps.run();
    throw error;
  }
}

/** Everything that was opened before the node is put together. */
interface Opened extends OpenChain, Tools {
  readonly signer: FileSigner | undefined;
  readonly identity: NodeIdentity;
  readonly transport: WsTransport;
  /** The store that is closed at the end: joining by snapshot puts another in its place. */
  readonly held: { store: LevelStore };
  readonly trust: TrustedBlock | undefined;
}

async function start(options: DaemonOptions, steps: ShutdownSteps): Promise<Daemon> {
  const opened = await openAll(options, steps);
  const { config, log, identity, transport } = opened;
  const moment: Moment = {
    lastCommitAtMs: null,
    draining: false,
    started: false,
    joining: undefined,
    stopping: new AbortController(),
  };
  let assembled = assemble(opened, moment, options);
  const ops = await openOps(opened, {
    status: () => assembled.status(),
    // Who joins by snapshot has started, however long that takes; it is not ready.
    isStarted: () => moment.started || moment.joining !== undefined,
  });
  steps.add("operations listener", () => ops.close(500));
  const joined = await join(opened, moment, options);
  if (joined !== undefined) assembled = assemble(joined, moment, options);
  const { node, status, facts } = assembled;
  const { admin, reload } = await openControl({
    ...options,
    ...opened,
    driver: node.driver,
    moment,
  });
  if (admin !== undefined) steps.add("admin listener", () => admin.close(500));
  const { chainId, height, genesisHash, self } = status();
  log.info(
    { chainId, genesisHash, height, nodeId: identity.nodeId, validator: self.validator },
    "node starting",
  );
  node.driver.start();
  steps.add("consensus", () => finished((done) => node.driver.stop(done)));
  const rpc = config.rpc.enabled
    ? await openRpc({ ...opened, facts, crash: options.onFatal })
    : undefined;
  if (rpc !== undefined) steps.add("RPC listener", () => rpc.close(1_000));
  moment.started = true;
  const urls = { ops: ops.url, rpc: rpc?.url, admin: admin?.url };
  log.info({ ...urls, p2p: transport.port }, "node started");
  const stop = async (): Promise<void> => {
    moment.draining = true;
    moment.stopping.abort();
    await steps.run();
  };
  return { nodeId: identity.nodeId, opsUrl: ops.url, rpcUrl: rpc?.url, reload, stop };
}

/** With the store of a snapshot, where this node joined by one. */
async function join(
  opened: Opened,
  moment: Moment,
  { stopAsked }: DaemonOptions,
): Promise<(Opened & Pick<NodeOptions, "signedElsewhere">) | undefined> {
  const { config, held, trust, signer, wal } = opened;
  if (trust === undefined) return undefined;
  const store = await joinBySnapshot({
    ...opened,
    chain: opened,
    trust,
    isValidator: isValidatorOf(opened.genesis),
    clock: systemClock,
    log: opened.log.child({ part: "sync" }),
    stopping: stopAsked,
    tells: (state) => {
      moment.joining = state;
    },
  });
  moment.joining = undefined;
  if (store === opened.store) return undefined;
  held.store = store;
  const joined = { ...opened, store };
  if (signer === undefined) return joined;
  const lastBlocks = config.consensus.doubleSignCheckHeight;
  const seen = seenSigning({ publicKey: signer.publicKey, store, wal, lastBlocks });
  const known = Math.max(signer.last?.height ?? 0, signer.minHeight);
  return seen > known ? { ...joined, signedElsewhere: seen } : joined;
}

async function openAll(options: DaemonOptions, steps: ShutdownSteps): Promise<Opened> {
  const { config, log } = options;
  const lock = await lockDataDir(config.dataDir);
  steps.add("data directory lock", () => lock.release());
  refuseWhereHalted(config.dataDir);
  const chain = await openChain(config);
  const held = { store: chain.store };
  steps.add("store", () => finished((done) => held.store.close(done)));
  steps.add("write-ahead log", () => chain.wal.close());
  sayWhatIsDamaged(chain, log);
  const trust = config.sync.trust === undefined ? undefined : parseTrust(config.sync.trust);
  if (trust !== undefined) checkTrust(chain.store, trust);
  checkOwnKeys(config, chain.genesis, log);
  const signer = openSigner(options, chain);
  if (signer !== undefined) steps.add("validator key", () => signer.close());
  const identity = await openNodeIdentity(readSeedFile(config.keys.nodeKeyFile).seed);
  const tools = { config, log, metrics: createMetrics({ runtime: true }) };
  const transport = await openTransport(tools, chain, identity, signer);
  steps.add("peers", () => finished((done) => transport.stop(() => done())));
  return { ...chain, ...tools, signer, identity, transport, held, trust };
}

/** The node over what was opened, and what RPC and operations show of it. */
function assemble(
  opened: Opened & Pick<NodeOptions, "signedElsewhere">,
  moment: Moment,
  { env, onFatal }: DaemonOptions,
) {
  const { config, log, metrics, genesis, genesisHash, signer, identity, store, transport } = opened;
  const upkeep = new ChainUpkeep({ ...opened, clock: systemClock, onFatal });
  const commits = new CommitListeners();
  const ports = {
    ...opened,
    clock: systemClock,
    snapshots: store.snapshots,
    log: log.child({ part: "consensus" }),
  };
  const node = buildNode(ports, {
    genesis,
    config,
    onFatal,
    ...haltMarkers(opened),
    signedElsewhere: opened.signedElsewhere,
    onCommit: (certified) => {
      const { height } = certified.block.header;
      if (opened.trust?.height === height) checkTrust(store, opened.trust);
      moment.lastCommitAtMs = Date.now();
      upkeep.committed(height);
      signers.add(certified);
      protectValidators(transport, chain);
      commits.tell(height);
    },
  });
  const { chain, driver } = node;
  protectValidators(transport, chain);
  const signers = new RecentSigners(chain, store);
  const sync = new SyncState(chain);
  const version = buildVersion(env);
  metrics.gauge("build_info", 1, { version, chain_id: genesis.chainId });
  const about = { version, nodeId: identity.nodeId, genesis, genesisHash };
  const status = (): NodeStatus =>
    nodeStatus(
      { ...about, signer, chain, driver, signers, sync },
      {
        lastCommitAtMs: moment.lastCommitAtMs,
        draining: moment.draining,
        joining: moment.joining?.() ?? null,
      },
    );
  const stopping = moment.stopping.signal;
  const bans = () => opened.transport.bans.list();
  const isCaughtUp = (): boolean => status().sync.state === "caughtUp";
  return {
    node,
    status,
    facts: rpcFacts({ ...about, ...node, store, isCaughtUp, commits, stopping, bans }),
  };
}

/** What makes the end of a node durable that must not go on. */
const haltMarkers = ({
  config: { dataDir },
  genesisHash,
}: Opened): Pick<NodeOptions, "onFork" | "onDivergence"> => ({
  onFork: (found) =>
    writeHaltMarker(dataDir, haltMarkerOf(found, { genesisHash, nowMs: Date.now() })),
  onDivergence: (found) =>
    writeHaltMarker(dataDir, divergenceMarkerOf(found, { genesisHash, nowMs: Date.now() })),
});

/** The validators of the height in progress and of the next one always have a place. */
function protectValidators(transport: WsTransport, chain: ChainState): void {
  const { validators, nextValidators } = chain.head.validatorState;
  transport.protect([...validators, ...nextValidators].map(({ nodeKey }) => nodeKey));
}

interface Tools {
  readonly config: NodeConfig;
  readonly log: NodeLog;
  readonly metrics: PromMetrics;
}

async function openTransport(
  { config, log, metrics }: Tools,
  { genesis, genesisHash }: OpenChain,
  identity: NodeIdentity,
  signer: FileSigner | undefined,
): Promise<WsTransport> {
  const { p2p } = config;
  const validators = validatorSetOf(genesis);
  return await openWsTransport({
    identity,
    chainId: genesis.chainId,
    genesisHash,
    role: signer === undefined ? "full" : "validator",
    host: p2p.host,
    port: p2p.port,
    advertise: p2p.advertise,
    peers: p2p.peers,
    refuse: p2p.refuse,
    clusterRanges: p2p.clusterRanges,
    dataDir: config.dataDir,
    limits: {
      maxInbound: p2p.maxInbound,
      maxOutbound: p2p.maxOutbound,
      maxPerIp: p2p.maxPerIp,
      maxPerNetwork: p2p.maxPerNetwork,
      handshakeTimeoutMs: p2p.handshakeTimeoutMs,
      rateBytesPerSec: p2p.rateBytesPerSec,
      // Votes travel over direct links only, so a validator seeks a link to every other one.
      targetPeers: signer === undefined ? 8 : Math.max(8, validators.length),
    },
    clock: systemClock,
    random: systemRandom,
    log: log.child({ part: "peers" }),
    metrics,
  });
}

/** A port's `done` callback as a promise. */
function finished(start: (done: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
