// What a driver is given: its ports, the chain, and what the configuration and genesis say. Made by
// daemon/consensus-node.ts.

import type { Message } from "../codec/frames.ts";
import type { ConsensusParams } from "../consensus/api.ts";
import type { AppliedBlock } from "../ledger/apply-block.ts";
import type { EvidencePool } from "../mempool/evidence-pool.ts";
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
import type { SyncOptions } from "../sync/planner.ts";
import type { CertifiedBlock } from "../types/chain.ts";
import type { Divergence } from "../types/divergence.ts";
import type { ForkFound } from "../types/fork.ts";
import type { ChainState } from "./chain/chain-state.ts";
import type { VoteRelayMode } from "./effects/vote-relay.ts";
import type { DriverPool } from "./peers/tx-relay.ts";
import type { PacingParams } from "./timing/pacing.ts";
import type { SignHold } from "./watches/sign-hold.ts";

export interface DriverOptions {
  readonly clock: Clock;
  readonly wal: Wal;
  readonly store: Store;
  readonly transport: Transport;
  /** What nodes that join are offered; undefined: nothing. */
  readonly snapshots?: Snapshots | undefined;
  readonly signer: LastingSigner | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly chain: ChainState;
  /** Reads frames; by default decodeFrame. */
  readonly decode?: ((frame: Uint8Array) => Message) | undefined;
  readonly pool: DriverPool;
  readonly evidence: EvidencePool;
  readonly hold: SignHold;
  readonly consensus: ConsensusParams;
  /** Whether timeouts follow the links' delay; those of `consensus` are then the least. */
  readonly adaptive: boolean;
  /** Proposals with so many bytes of transactions are sent compact. */
  readonly compactFromBytes: number;
  /** Whether votes go to all or by way of the leader. */
  readonly voteRelay: VoteRelayMode;
  readonly pacing: PacingParams;
  readonly sync: SyncOptions;
  /** The process cannot go on; called once. */
  readonly onFatal: (error: unknown) => void;
  /** Two certified blocks at one height: makes it durable; the process stops after it. */
  readonly onFork: (found: ForkFound) => void;
  /** The ledger here refuses a certified block: makes it durable; the process stops after it. */
  readonly onDivergence: (found: Divergence) => void;
  /** A block became final here. */
  readonly onCommit: (certified: CertifiedBlock, applied: AppliedBlock) => void;
}
