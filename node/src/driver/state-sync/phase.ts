// What the phases of joining by snapshot have in common: choosing one, proving its block, taking its chunks.

import type { Clock, Log, Metrics } from "../../ports.ts";
import type { CertifiedBlock, Height } from "../../types/chain.ts";
import type { ChainHead, StoredBlock, Utxo } from "../../types/ledger.ts";
import type { Punish } from "../peers/penalties.ts";
import type { JoinedPeer, JoinedPeers, Question } from "./joined-peers.ts";
import type { TrustedBlock } from "./trusted-links.ts";

/** Takes what is proven. The calls come one after the other, and may be done later. */
export interface SnapshotSink {
  /** Drops all that came before. */
  reset(done: (error?: Error) => void): void;
  block(block: StoredBlock, done: (error?: Error) => void): void;
  outputs(utxos: readonly Utxo[], done: (error?: Error) => void): void;
  finish(head: ChainHead, done: (error?: Error) => void): void;
}

/** "none": no peer has a snapshot that serves, and peers have all blocks. */
export type StateSyncOutcome = "restored" | "none";

export interface JoinTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly trust: TrustedBlock;
  /** Blocks up to the snapshot's that come along. */
  readonly keepBlocks: number;
  readonly sink: SnapshotSink;
  readonly peers: JoinedPeers;
  readonly punish: Punish;
  /** Writes that are under way. */
  readonly writes: () => number;
  readonly write: (write: (done: (error?: Error) => void) => void) => void;
  readonly enter: (phase: Phase) => void;
  /** Drops everything and chooses anew. */
  readonly restart: (why: string) => void;
  readonly finish: (head: ChainHead) => void;
  readonly end: (outcome: StateSyncOutcome) => void;
}

export type ChunkQuestion = Extract<Question, { readonly kind: "chunk" }>;

export interface Phase {
  /** What it does or waits for, in words. */
  readonly state: string;
  /** Snapshots above it are of no use. */
  readonly maxHeight: Height;
  /** Asks what is to be asked, or goes on to the next phase. Called after every input. */
  advance(): void;
  blocksCame?(
    from: JoinedPeer,
    asked: Extract<Question, { readonly kind: "blocks" }>,
    blocks: readonly CertifiedBlock[],
  ): void;
  chunkCame?(from: JoinedPeer, asked: ChunkQuestion, records: Uint8Array): void;
  /** A chunk that was asked for will not come. */
  chunkLost?(asked: ChunkQuestion): void;
}

/** What a peer was asked for so long ago is asked of another one, too. */
export const RACE_MS = 2_000;

/** No further question is asked while so many writes are under way. */
export const MAX_WRITES = 4;
