// The ports: everything of the world that the driver may touch, on one page. Each has a real adapter
// and an in-memory twin (adapters/memory), and the simulator runs the production driver on the twins.
//
// Reads are synchronous; what must reach the disk reports back through `done`. So the driver has no
// await in it: it drains one input queue, and a run is a pure function of its inputs (docs/adr/0005).

import type { CertifiedBlock, Height, OutPoint, Satoshi, UnixMs } from "./types/chain.ts";
import type { Result } from "./types/errors.ts";
import type { BlockCommit, ChainHead, StoredBlock, TxLocation, Utxo } from "./types/ledger.ts";
import type { CounterName, GaugeName, HistogramName, LabelsOf } from "./types/metrics.ts";
import type { SnapshotManifest } from "./types/snapshot.ts";

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, for block times. May jump. */
  nowMs(): UnixMs;
  /** Never goes back; for durations and timeouts. */
  monotonicMs(): number;
  startTimer(delayMs: number, fire: () => void): Timer;
}

export interface Random {
  bytes(sizeBytes: number): Uint8Array;
}

/** Is told every unspent output of a state, in order; ledger/snapshot.ts makes a manifest of them. */
export interface SnapshotSums {
  add(utxo: Utxo): void;
  /** Or why there is none. */
  manifest(): Result<SnapshotManifest>;
}

/** The state after some recent blocks, for nodes that join (docs/adr/0025). */
export interface Snapshots {
  /** The newest at or below `maxHeight`. */
  newest(maxHeight: Height): SnapshotManifest | undefined;
  /**
   * The records (codec/output-records.ts) of one chunk of the snapshot of `height`; undefined where it is not
   * here, or where too many are being read.
   */
  chunk(height: Height, index: number, done: (records: Uint8Array | undefined) => void): void;
}

export interface Store {
  /** Undefined before initialise(). */
  head(): ChainHead | undefined;
  genesisHash(): Uint8Array | undefined;
  /** Writes genesis once: its hash, the allocations and head 0. */
  initialise(
    genesisHash: Uint8Array,
    allocations: readonly Utxo[],
    head: ChainHead,
    done: (error?: Error) => void,
  ): void;
  /** The lowest height whose block is kept; 1 where none was dropped. */
  base(): Height;
  /** Undefined above the head, below the base, and where the block cannot be read: a hole. */
  block(height: Height): CertifiedBlock | undefined;
  /** Undefined for a block that is not in the chain, and where the index is damaged. */
  heightOf(blockHash: Uint8Array): Height | undefined;
  utxo(outPoint: OutPoint): Utxo | undefined;
  /**
   * At most `limit`, in the order of outpoints (txid, then index), as of one committed block. For
   * RPC only: it walks an index on disk, so the answer comes later (docs/adr/0007).
   */
  utxosOf(
    address: Uint8Array,
    limit: number,
    done: (error: Error | undefined, utxos: readonly Utxo[]) => void,
  ): void;
  /** Sum of all unspent outputs of the address. */
  balanceOf(address: Uint8Array): Satoshi;
  transaction(txid: Uint8Array): TxLocation | undefined;
  /** Blocks that follow the head and each other: all of them in one atomic, synced batch. */
  commit(blocks: readonly BlockCommit[], done: (error?: Error) => void): void;
  /** Heights from the base to the head whose blocks are known to be lost. */
  holes(): ReadonlySet<Height>;
  /**
   * Reads the block of `height` and the index records that lead to it. A block that cannot be read
   * becomes a hole. One whose index is wrong is returned, for restore().
   */
  audit(height: Height): StoredBlock | undefined;
  /** Writes a block of the chain again, with its index records. Other writes may be on their way. */
  restore(block: StoredBlock, done: (error?: Error) => void): void;
  close(done: (error?: Error) => void): void;
}

/**
 * The write-ahead log of consensus inputs of the height in progress. Append order is replay order.
 * After sync() returns, all that was appended survives a crash; a torn tail is dropped on open.
 */
export interface Wal {
  /** The height that the log is of; 0 for a new one. */
  readonly height: Height;
  append(record: Uint8Array): void;
  sync(): void;
  /** Records of `height` in order; empty where the log is of another height. */
  replay(height: Height): readonly Uint8Array[];
  /** Drops everything and starts the log of `height`. Durable before the next sync() returns. */
  reset(height: Height): void;
  close(): void;
}

/** 1 proposal, 2 prevote, 3 precommit: the order of signing within a round. */
export type SignStep = 1 | 2 | 3;

/** A place in the order of signing: by height, then round, then step. */
export interface SignPlace {
  readonly height: Height;
  readonly round: number;
  readonly step: SignStep;
}

export interface SignRequest extends SignPlace {
  readonly signBytes: Uint8Array;
}

export type SignRefusal = "SIGN_REGRESSION" | "SIGN_CONFLICT";

export type SignResult =
  | { readonly ok: true; readonly signature: Uint8Array }
  | { readonly ok: false; readonly code: SignRefusal; readonly reason: string };

/**
 * Holds the validator key behind the double-sign guard: a signature leaves only after its (height,
 * round, step) and bytes are durable; the same bytes give the stored signature again; other bytes at
 * the same place, or an earlier place, are refused. A disk error throws: nothing may be signed then.
 */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(request: SignRequest): SignResult;
}

/** A signer whose guard outlives the process, and what it remembers. */
export interface LastingSigner extends Signer {
  /** The last place signed under this genesis, as far as this disk knows. */
  readonly last: SignPlace | undefined;
  /** What the key signed before is not known: its memory began where an earlier one may have been lost. */
  readonly isLost: boolean;
  /** Nothing is signed at or below this height. */
  readonly minHeight: Height;
  /**
   * The key has signed `height`, of which this memory knows nothing: it counts as lost from here on, also after
   * the next start, and nothing is signed at or below that height. Durable when it returns. A disk error throws.
   */
  forget(height: Height): void;
}

export type PeerRole = "validator" | "full";

export interface Peer {
  /** Hex of the first 20 bytes of SHA-256(node key). */
  readonly id: string;
  readonly nodeKey: Uint8Array;
  readonly role: PeerRole;
  /** Where it was dialled, or says that it listens. */
  readonly address: string;
  /** The IP address at the other end of the link, which bans of addresses look at; undefined where there is none. */
  readonly linkIp?: string | undefined;
  readonly outbound: boolean;
  readonly connectedAtMs: UnixMs;
  /** Of the peer protocol, as both ends speak it. */
  readonly version: number;
}

/** What the transport reports; the driver treats each as one input. */
export interface TransportEvents {
  connected(peer: Peer): void;
  disconnected(peer: Peer, reason: string): void;
  /** One authenticated frame, not yet decoded, at most MAX_FRAME_BYTES. */
  frame(peer: Peer, frame: Uint8Array): void;
}

export interface Transport {
  /** A second call hands the links over: each that stands is told to `events` as connected. */
  start(events: TransportEvents): void;
  /** False where the peer is gone or its send buffer is full (the frame is then dropped). */
  send(peerId: string, frame: Uint8Array): boolean;
  peers(): readonly Peer[];
  /** Closes the link; `banMs` > 0 also refuses the peer for that long. */
  disconnect(peerId: string, reason: string, banMs: number): void;
  /** Bytes that wait to be sent to the peer; 0 where it is gone. */
  queuedBytes(peerId: string): number;
  /** How long work for a stranger must wait: strangers share a part of this node's time (docs/adr/0019). */
  workWaitMs(peerId: string): number;
  /** Work for a stranger took so long, beside what the transport measures itself: the handing over of frames. */
  worked(peerId: string, ms: number): void;
  /** Charges load and bad manners to a peer, which may end its link (docs/adr/0019); 100 points ban it. */
  penalise(peerId: string, points: number, reason: string): void;
  /** The same for what no honest peer keeps doing: it weighs more where its neighbours did such things lately. */
  accuse(peerId: string, points: number, reason: string): void;
  /** A peer tells of further addresses, "nodeId@host:port". */
  learn(addresses: readonly string[], fromPeerId: string): void;
  known(): readonly string[];
  stop(done: () => void): void;
}

/** Counters, gauges and histograms of the table (types/metrics.ts), each with all of its labels. */
export interface Metrics {
  count<N extends CounterName>(name: N, labels?: LabelsOf<N>, by?: number): void;
  gauge<N extends GaugeName>(name: N, value: number, labels?: LabelsOf<N>): void;
  observe<N extends HistogramName>(name: N, value: number, labels?: LabelsOf<N>): void;
}

/** Fields of a log line. `level`, `time` and `message` are written by the log itself, so no caller may give them. */
export interface LogFields {
  readonly [name: string]: unknown;
  readonly level?: never;
  readonly time?: never;
  readonly message?: never;
}

/** Structured log; fields never hold a secret. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
