// The chain, the mempool and the driver of one node, put together over given ports. The daemon gives it
// the real adapters; tests give it the in-memory ones and get the whole node in a few lines.

import type { Message } from "../codec/frames.ts";
import type { NodeConfig } from "../config.ts";
import { faultyPower, quorumPower, totalPowerOf } from "../crypto/certificate.ts";
import { createVerifiedCache } from "../crypto/verified-cache.ts";
import { type VerifyFunction, verifySignature } from "../crypto/verify.ts";
import { ChainState } from "../driver/chain/chain-state.ts";
import { Driver } from "../driver/driver.ts";
import { waitingTransactions } from "../driver/peers/waiting-transactions.ts";
import { SignHold } from "../driver/watches/sign-hold.ts";
import { ledgerParamsOf } from "../genesis/ledger-start.ts";
import { type Genesis, genesisHashOf } from "../genesis.ts";
import type { AppliedBlock } from "../ledger/apply-block.ts";
import { EvidencePool } from "../mempool/evidence-pool.ts";
import { DEFAULT_MEMPOOL_LIMITS, Mempool } from "../mempool/mempool.ts";
import type {
  Clock,
  LastingSigner,
  Log,
  Metrics,
  Snapshots,
  Store,
  Transport,
  Wal,
} from "../ports.ts";
import type { CertifiedBlock, Height } from "../types/chain.ts";
import type { Divergence } from "../types/divergence.ts";
import type { ForkFound } from "../types/fork.ts";

export interface NodePorts {
  readonly clock: Clock;
  readonly store: Store;
  readonly wal: Wal;
  readonly transport: Transport;
  /** Undefined for a node without a vote. */
  readonly signer: LastingSigner | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Decides every signature that arrives; by default libsodium behind a cache (crypto/verify.ts). */
  readonly verify?: VerifyFunction;
  /** Reads what peers send; by default decodeFrame. For nodes that share a process and each frame. */
  readonly decode?: (frame: Uint8Array) => Message;
  /** What nodes that join are offered. */
  readonly snapshots?: Snapshots;
  /** When the key may sign; by default driver/watches/sign-hold.ts with what signer and store remember. */
  readonly hold?: SignHold;
}

export interface NodeOptions {
  readonly genesis: Genesis;
  readonly config: Pick<NodeConfig, "consensus" | "mempool" | "sync">;
  readonly onFatal: (error: unknown) => void;
  /** A block is durable. Of several that were written together, each in turn, with what it changed. */
  readonly onCommit: (certified: CertifiedBlock, applied: AppliedBlock) => void;
  /** Makes a fork durable; onFatal follows with CHAIN_FORKED. */
  readonly onFork?: (found: ForkFound) => void;
  /** Makes a divergence durable; onFatal follows with STATE_DIVERGED. */
  readonly onDivergence?: (found: Divergence) => void;
  /** The own key is seen to have signed up to here, and the signer does not know it. */
  readonly signedElsewhere?: Height | undefined;
}

export interface ConsensusNode {
  readonly chain: ChainState;
  readonly driver: Driver;
  readonly mempool: Mempool;
}

/** How long a voter gives its own consensus before it asks for the block in progress. */
const SYNC_GRACE_MS = 300;

/** The store must hold the genesis (Store.initialise). Nothing runs until driver.start(). */
export function buildNode(ports: NodePorts, options: NodeOptions): ConsensusNode {
  const { genesis, config } = options;
  const genesisHash = genesisHashOf(genesis);
  const verify = ports.verify ?? createVerifiedCache(verifySignature).verify;
  const params = ledgerParamsOf(genesis, genesisHash);
  const rules = { params, verify };
  const mempool = new Mempool(rules, { ...DEFAULT_MEMPOOL_LIMITS, ...config.mempool });
  const { store, signer } = ports;
  const chain = new ChainState(store, {
    genesisHash,
    rules,
    rulesOnce: { params, verify: ports.verify ?? verifySignature },
    verify,
    self: signer?.publicKey,
    clock: ports.clock,
    metrics: ports.metrics,
  });
  const { minBlockMs, emptyBlockIntervalMs, precisionMs, messageDelayMs } = genesis.parameters;
  const hold = ports.hold ?? signHoldOf(chain, signer, config.consensus.doubleSignCheckHeight);
  if (options.signedElsewhere !== undefined) {
    hold.signedElsewhere(options.signedElsewhere);
    signer?.forget(options.signedElsewhere);
  }
  const driver = new Driver({
    ...ports,
    chain,
    pool: waitingTransactions({ ...ports, mempool, params }),
    evidence: new EvidencePool(rules),
    hold,
    consensus: { ...config.consensus, precisionMs, messageDelayMs },
    adaptive: config.consensus.adaptive,
    compactFromBytes: config.consensus.compactFromBytes,
    voteRelay: config.consensus.voteRelay,
    pacing: { minBlockMs, emptyBlockIntervalMs },
    sync: { ...config.sync, graceMs: SYNC_GRACE_MS },
    onFatal: options.onFatal,
    onCommit: options.onCommit,
    onFork: options.onFork ?? (() => undefined),
    onDivergence: options.onDivergence ?? (() => undefined),
  });
  return { chain, driver, mempool };
}

function signHoldOf(
  chain: ChainState,
  signer: LastingSigner | undefined,
  holdHeights: number,
): SignHold {
  const total = () => totalPowerOf(chain.validators);
  const own = ({ validators, selfIndex }: ChainState) =>
    selfIndex === undefined ? 0 : (validators[selfIndex]?.power ?? 0);
  const othersNeeded = () => Math.max(0, quorumPower(total()) - own(chain));
  return new SignHold({
    isLost: signer?.isLost ?? false,
    holdHeights,
    othersNeeded,
    comparedNeeded: () => Math.min(othersNeeded(), faultyPower(total()) + 1),
    head: chain.head.height,
    floor: signer?.minHeight ?? 0,
  });
}
