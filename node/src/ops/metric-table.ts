// Every metric of the node: one row each. A new metric is one line here; the registry
// (adapters/metrics.ts) and docs/reference/metrics.md follow. Names are given without the prefix.
// Peer ids never become labels: at 50 nodes that would be 2,500 series of each. Pure.

export const METRIC_PREFIX = "timecoin_";

/** Most combinations of label values of one metric; further ones are counted under "other". */
export const MAX_SERIES = 128;

export interface MetricRow {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds; of histograms only. */
  readonly buckets: readonly number[];
}

const counter = (name: string, help: string, ...labels: readonly string[]): MetricRow => ({
  name,
  type: "counter",
  help,
  labels,
  buckets: [],
});

const gauge = (name: string, help: string, ...labels: readonly string[]): MetricRow => ({
  name,
  type: "gauge",
  help,
  labels,
  buckets: [],
});

const histogram = (
  name: string,
  help: string,
  buckets: readonly number[],
  ...labels: readonly string[]
): MetricRow => ({ name, type: "histogram", help, labels, buckets });

/** Seconds of work on this machine: 0.1 ms to 2.5 s. */
const WORK = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];
/** Seconds across the network: 5 ms to 30 s. */
const ROUND_TRIP = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];
const BYTES = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576];
const COUNTS = [0, 1, 5, 10, 50, 100, 500, 1000, 2500, 5000];

export const METRICS: readonly MetricRow[] = [
  gauge("build_info", "Always 1; the labels say what runs.", "version", "chain_id"),
  // consensus
  gauge("consensus_height", "Height that consensus works on."),
  gauge("consensus_round", "Round within that height."),
  counter("consensus_rounds_total", "Rounds above 0 that were entered, by reason.", "reason"),
  gauge("consensus_delay_seconds", "Measured one-way delay to a quorum; 0 if not known."),
  gauge("consensus_timeout_seconds", "Timeouts of round 0 of this height, by step.", "step"),
  gauge("consensus_vote_relay", "1 where votes go through the leader, 0 where they go to all."),
  counter("consensus_votes_total", "Votes from peers: taken or refused.", "type", "result"),
  counter("consensus_rebroadcasts_total", "Times that own last messages were sent again."),
  counter(
    "consensus_forwarded_total",
    "Messages of other validators passed on to peers that do not hear them.",
  ),
  counter(
    "consensus_compact_proposals_total",
    "Compact proposals received, by where their transactions came from.",
    "result",
  ),
  counter("evidence_total", "Conflicting signatures seen, by kind.", "type"),
  counter(
    "fork_claims_total",
    "Claims of another block at a decided height, by what came of them: asked, unproved, unanswered, certified.",
    "result",
  ),
  counter("double_sign_refused_total", "Signatures that the double-sign guard refused.", "code"),
  // blocks and finality
  gauge("block_height", "Height of the last committed block."),
  gauge("block_timestamp_seconds", "Time of the last committed block."),
  histogram("block_interval_seconds", "Time between commits.", ROUND_TRIP),
  histogram("block_txs", "Transactions of a block.", COUNTS),
  histogram("block_bytes", "Size of a block, encoded.", BYTES),
  histogram("block_apply_seconds", "Time to check and apply a block.", WORK),
  counter("txs_total", "Transactions committed."),
  histogram("finality_seconds", "From a transaction's arrival here to its commit.", ROUND_TRIP),
  // validators
  gauge("validators", "Validators of the current height."),
  gauge("validators_power", "Their voting power."),
  gauge("jailed_validators", "Validators ejected by evidence, since genesis."),
  gauge("missing_validators", "Validators absent from the certificate in the last block."),
  counter(
    "validator_missed_blocks_total",
    "Certificates in blocks, without this node's signature.",
  ),
  gauge(
    "validator_last_signed_height",
    "Last height whose certificate in the next block this node signed.",
  ),
  // peers
  gauge("p2p_peers", "Open links, by direction and role.", "direction", "role"),
  counter("p2p_bytes_total", "Bytes on peer links.", "direction", "type"),
  counter("p2p_messages_total", "Messages on peer links.", "direction", "type"),
  gauge("p2p_queue_bytes", "Bytes waiting to be sent to peers."),
  histogram("p2p_rtt_seconds", "Round-trip time of pings.", ROUND_TRIP),
  counter("p2p_bans_total", "Peers banned, by reason.", "reason"),
  counter("p2p_dropped_total", "Messages or links dropped, by reason.", "reason"),
  counter("p2p_dials_total", "Dials, by result.", "result"),
  // mempool
  gauge("mempool_txs", "Pending transactions."),
  gauge("mempool_bytes", "Bytes of pending transactions."),
  counter("mempool_admitted_total", "Transactions admitted, from rpc or a peer.", "source"),
  counter("mempool_rejected_total", "Transactions refused, by error code.", "reason"),
  counter("mempool_duplicate_total", "Transactions that were already known."),
  counter("mempool_evicted_total", "Transactions dropped before their commit.", "reason"),
  // sync
  gauge(
    "clock_offset_seconds",
    "Median of the other validators' clocks less the own one, as far as no delay of the links explains it.",
  ),
  gauge("sync_state", "0 starting, 1 catching up, 2 caught up."),
  gauge("sync_target_height", "Height that sync works towards."),
  counter("sync_blocks_total", "Blocks applied from sync."),
  // store and log
  histogram("db_seconds", "Time of a store operation.", WORK, "op"),
  histogram("wal_fsync_seconds", "Time to make the log durable.", WORK),
  // RPC
  counter("rpc_requests_total", "JSON-RPC calls, by method and result.", "method", "result"),
  histogram("rpc_seconds", "Time of a JSON-RPC call.", WORK, "method"),
];
