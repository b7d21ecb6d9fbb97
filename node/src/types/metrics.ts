// Every metric of the node: one row each. A new metric is one line here. The registry
// (adapters/metrics.ts) and docs/reference/metrics.md follow, and the Metrics port takes no other name.
// Names are given without the prefix. Peer ids never become labels: 50 nodes would make 2,500 series of
// each metric. Pure data.

export const METRIC_PREFIX = "timecoin_";

/** Most combinations of label values of one metric; further ones are counted under "other". */
export const MAX_SERIES = 128;

const counter = <L extends readonly string[]>(help: string, ...labels: L) => ({
  type: "counter" as const,
  help,
  labels,
});

const gauge = <L extends readonly string[]>(help: string, ...labels: L) => ({
  type: "gauge" as const,
  help,
  labels,
});

/** `buckets`: upper bounds. */
const histogram = <L extends readonly string[]>(
  help: string,
  buckets: readonly number[],
  ...labels: L
) => ({ type: "histogram" as const, help, labels, buckets });

/** Seconds of work on this machine: 0.1 ms to 2.5 s. */
const WORK = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];
/** Seconds across the network: 5 ms to 30 s. */
const ROUND_TRIP = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];
const BYTES = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576];
const COUNTS = [0, 1, 5, 10, 50, 100, 500, 1000, 2500, 5000];

export const METRICS = {
  build_info: gauge("Always 1; the labels say what runs.", "version", "chain_id"),
  // consensus
  consensus_height: gauge("Height that consensus works on."),
  consensus_round: gauge("Round within that height."),
  consensus_rounds_total: counter("Rounds above 0 that were entered, by reason.", "reason"),
  consensus_delay_seconds: gauge("Measured one-way delay to a quorum; 0 if not known."),
  consensus_proposal_seconds: gauge(
    "Time that proposals of a quorum of leaders take to come, at their slowest of late.",
  ),
  consensus_timeout_seconds: gauge("Timeouts of round 0 of this height, by step.", "step"),
  consensus_vote_relay: gauge("1 where votes go through the leader, 0 where they go to all."),
  consensus_votes_total: counter(
    "Votes from peers: taken, known already or refused.",
    "type",
    "result",
  ),
  consensus_rebroadcasts_total: counter("Times that own last messages were sent again."),
  consensus_forwarded_total: counter(
    "Messages of other validators passed on to peers that do not hear them.",
  ),
  consensus_compact_proposals_total: counter(
    "Compact proposals received, by where their transactions came from.",
    "result",
  ),
  evidence_total: counter("Conflicting signatures seen, by kind.", "type"),
  fork_claims_total: counter(
    "Claims of another block at a decided height, by what came of them: asked, unproved, unanswered, certified.",
    "result",
  ),
  double_sign_refused_total: counter("Signatures that the double-sign guard refused.", "code"),
  // blocks and finality
  block_height: gauge("Height of the last committed block."),
  block_timestamp_seconds: gauge("Time of the last committed block."),
  block_interval_seconds: histogram("Time between commits.", ROUND_TRIP),
  block_txs: histogram("Transactions of a block.", COUNTS),
  block_bytes: histogram("Size of a block, encoded.", BYTES),
  block_apply_seconds: histogram("Time to check and apply a block.", WORK),
  txs_total: counter("Transactions committed."),
  finality_seconds: histogram("From a transaction's arrival here to its commit.", ROUND_TRIP),
  // validators
  validators: gauge("Validators of the current height."),
  validators_power: gauge("Their voting power."),
  jailed_validators: gauge("Validators ejected by evidence, since genesis."),
  missing_validators: gauge("Validators absent from the certificate in the last block."),
  validator_missed_blocks_total: counter("Certificates in blocks, without this node's signature."),
  validator_last_signed_height: gauge(
    "Last height whose certificate in the next block this node signed.",
  ),
  // peers
  p2p_peers: gauge("Open links, by direction and role.", "direction", "role"),
  p2p_bytes_total: counter("Bytes on peer links.", "direction", "type"),
  p2p_messages_total: counter("Messages on peer links.", "direction", "type"),
  p2p_queue_bytes: gauge("Bytes waiting to be sent to peers."),
  p2p_rtt_seconds: histogram("Round-trip time of pings.", ROUND_TRIP),
  p2p_bans: gauge("Bans that hold now, by node id and by range of addresses."),
  p2p_penalties_total: counter(
    "Points charged to peers for load and bad manners, by reason.",
    "reason",
  ),
  p2p_bans_total: counter(
    "Bans by the node itself: protocol (a proven fault), score (of a node id), range (of addresses).",
    "reason",
  ),
  p2p_dropped_total: counter("Messages or links dropped, by reason.", "reason"),
  p2p_work_seconds_total: counter(
    "Time spent on what peers asked for, by whether validators or strangers did.",
    "lane",
  ),
  p2p_dials_total: counter("Dials, by result.", "result"),
  // mempool
  mempool_txs: gauge("Pending transactions."),
  mempool_bytes: gauge("Bytes of pending transactions."),
  mempool_admitted_total: counter("Transactions admitted, from rpc or a peer.", "source"),
  mempool_rejected_total: counter("Transactions refused, by error code.", "reason"),
  mempool_duplicate_total: counter("Transactions that were already known."),
  mempool_evicted_total: counter("Transactions dropped before their commit.", "reason"),
  // sync
  clock_offset_seconds: gauge(
    "Median of the other validators' clocks less the own one, as far as no delay of the links explains it.",
  ),
  sync_state: gauge("0 starting, 1 catching up, 2 caught up."),
  sync_target_height: gauge("Height that sync works towards."),
  sync_blocks_total: counter("Blocks applied from sync."),
  state_sync_progress_ratio: gauge(
    "Part of the snapshot's chunks that have come, while joining by one.",
  ),
  snapshot_height: gauge("Height of the newest snapshot that joining nodes are offered; 0: none."),
  // store and log
  db_seconds: histogram("Time of a store operation.", WORK, "op"),
  store_lost_blocks: gauge("Blocks that the disk has lost and that peers are asked for."),
  store_base_height: gauge("Lowest height whose block is kept."),
  store_restored_blocks_total: counter("Blocks written again, with what leads to them."),
  wal_fsync_seconds: histogram("Time to make the log durable.", WORK),
  // RPC
  rpc_requests_total: counter("JSON-RPC calls, by method and result.", "method", "result"),
  rpc_seconds: histogram("Time of a JSON-RPC call.", WORK, "method"),
};

export type MetricName = keyof typeof METRICS;

type NameOf<Type> = {
  [N in MetricName]: (typeof METRICS)[N]["type"] extends Type ? N : never;
}[MetricName];
export type CounterName = NameOf<"counter">;
export type GaugeName = NameOf<"gauge">;
export type HistogramName = NameOf<"histogram">;

/** A value for each label of the metric. */
export type LabelsOf<N extends MetricName> = Readonly<
  Record<(typeof METRICS)[N]["labels"][number], string>
>;

/** A row as the registry and the reference read it. */
export interface MetricRow {
  readonly name: MetricName;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Of histograms only. */
  readonly buckets?: readonly number[];
}

export const METRIC_ROWS: readonly MetricRow[] = (Object.keys(METRICS) as MetricName[]).map(
  (name) => ({ name, ...METRICS[name] }),
);
