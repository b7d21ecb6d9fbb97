// Every benchmark by name: the one list that main.ts serves.

import type { Benchmark } from "./benchmark.ts";
import { CLUSTER_BENCHMARKS } from "./cluster-benchmarks.ts";
import { CONSENSUS_BENCHMARKS } from "./consensus-benchmarks.ts";
import { CONVERGENCE_BENCHMARKS } from "./convergence-benchmarks.ts";
import { DEVNET_BENCHMARKS } from "./devnet-benchmarks.ts";
import { DOUBLE_SPEND_BENCHMARKS } from "./double-spend-benchmarks.ts";
import { DRIVER_BENCHMARKS } from "./driver-benchmarks.ts";
import { FIRST_MINUTE_BARS } from "./first-minute-benchmarks.ts";
import { FUZZ_BENCHMARKS } from "./fuzz-benchmarks.ts";
import { HOUSE_BENCHMARKS } from "./house-benchmarks.ts";
import { MEMORY_BENCHMARKS } from "./memory-benchmarks.ts";
import { OVERHEAD_BENCHMARKS } from "./overhead-benchmarks.ts";
import { PARTITION_BENCHMARKS } from "./partition-benchmarks.ts";
import { REJOIN_BENCHMARKS } from "./rejoin-benchmarks.ts";
import { SIM_BENCHMARKS } from "./sim-benchmarks.ts";
import { SIM_COVER_BARS } from "./sim-cover-benchmarks.ts";
import { SNAPSHOT_BENCHMARKS } from "./snapshot-benchmarks.ts";
import { SOAK_BENCHMARKS } from "./soak-benchmarks.ts";
import { START_BENCHMARKS } from "./start-benchmarks.ts";
import { STRANGER_BENCHMARKS } from "./stranger-benchmarks.ts";
import { SYNC_BENCHMARKS } from "./sync-benchmarks.ts";

export const ALL_BENCHMARKS: readonly Benchmark[] = [
  ...START_BENCHMARKS,
  ...CLUSTER_BENCHMARKS,
  ...DEVNET_BENCHMARKS,
  ...FIRST_MINUTE_BARS,
  ...SIM_BENCHMARKS,
  ...SIM_COVER_BARS,
  ...STRANGER_BENCHMARKS,
  ...PARTITION_BENCHMARKS,
  ...DOUBLE_SPEND_BENCHMARKS,
  ...MEMORY_BENCHMARKS,
  ...SYNC_BENCHMARKS,
  ...SNAPSHOT_BENCHMARKS,
  ...OVERHEAD_BENCHMARKS,
  ...REJOIN_BENCHMARKS,
  ...CONVERGENCE_BENCHMARKS,
  ...SOAK_BENCHMARKS,
  ...FUZZ_BENCHMARKS,
  ...DRIVER_BENCHMARKS,
  ...CONSENSUS_BENCHMARKS,
  ...HOUSE_BENCHMARKS,
];
