// Which room may import which: one row for each, the table behind ARCHITECTURE.md's arrows. A room is a
// folder, or a file beside the folders; a file belongs to the longest name that fits. A room may always
// import itself and packages. That a pure room imports no platform module, .oxlintrc.json holds.
// Tests, benchmarks beside sources, and what stands under test/ or testing/ may import everything, and
// no product may import them. Checked by layers.test.ts, import by import.

/** What all of the node may use. */
const INNER = ["node/src/types", "node/src/codec", "node/src/crypto"];
const GENESIS = "node/src/genesis";
const PORTS = "node/src/ports.ts";
const CORES = ["node/src/consensus", "node/src/ledger", "node/src/mempool", "node/src/sync"];

/** What the driver may know of the consensus core; its state is the core loop's alone. */
const CORE_API = ["api", "core-view", "proposer", "conflict", "tally"].map(
  (file) => `node/src/consensus/${file}.ts`,
);
const DRIVER = [
  "chain",
  "core",
  "peers",
  "timing",
  "watches",
  "effects",
  "intake",
  "state-sync",
].map((folder) => `node/src/driver/${folder}`);

/** Rooms without a platform module, a clock, randomness and async; .oxlintrc.json names the same. */
export const PURE_ROOMS: readonly string[] = [
  "node/src/types",
  "node/src/codec",
  "node/src/consensus",
  "node/src/genesis",
  "node/src/ledger",
  "node/src/mempool",
  "node/src/sync",
  "operator/src/api",
  "operator/src/desired",
  "operator/src/plan",
  "operator/src/status",
];

/** What the tooling is made of: no room of the product. */
const TOOLING = [
  "e2e/tools/child-processes.ts",
  "e2e/tools/coded-error.ts",
  "e2e/tools/command-line.ts",
  "e2e/tools/progress.ts",
  "e2e/tools/run-command.ts",
  "e2e/tools/tooling-errors.ts",
  "e2e/tools/wait-for.ts",
];

export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  // the node, from the inside out
  "node/src/types": [],
  "node/src/codec": ["node/src/types"],
  "node/src/crypto": ["node/src/types", "node/src/codec"],
  [PORTS]: ["node/src/types"],
  [GENESIS]: [...INNER, "node/src/ledger"],
  "node/src/consensus": INNER,
  "node/src/ledger": INNER,
  "node/src/mempool": [...INNER, "node/src/ledger"],
  "node/src/sync": ["node/src/types"],
  "node/src/config": ["node/src/types", "node/src/adapters/bounded-read.ts"],
  // the driver, from the inside out: its own files beside the folders put it together
  "node/src/driver/chain": [...INNER, PORTS, ...CORE_API, "node/src/ledger"],
  "node/src/driver/core": [...INNER, PORTS, "node/src/consensus"],
  "node/src/driver/peers": [
    ...INNER,
    PORTS,
    ...CORE_API,
    "node/src/ledger",
    "node/src/mempool",
    "node/src/sync",
    "node/src/driver/chain",
  ],
  "node/src/driver/timing": [
    ...INNER,
    PORTS,
    ...CORE_API,
    "node/src/driver/core",
    "node/src/driver/peers",
  ],
  "node/src/driver/watches": [
    ...INNER,
    PORTS,
    ...CORE_API,
    "node/src/driver/chain",
    "node/src/driver/core",
    "node/src/driver/peers",
    "node/src/driver/timing",
  ],
  "node/src/driver/effects": [
    ...INNER,
    PORTS,
    ...CORE_API,
    "node/src/mempool",
    "node/src/driver/chain",
    "node/src/driver/core",
    "node/src/driver/peers",
    "node/src/driver/timing",
    "node/src/driver/watches",
  ],
  "node/src/driver/intake": [
    ...INNER,
    PORTS,
    ...CORE_API,
    "node/src/driver/chain",
    "node/src/driver/peers",
    "node/src/driver/timing",
    "node/src/driver/watches",
    "node/src/driver/effects",
  ],
  "node/src/driver/state-sync": [
    ...INNER,
    PORTS,
    "node/src/ledger",
    "node/src/driver/chain",
    "node/src/driver/peers",
  ],
  "node/src/driver": [
    ...INNER,
    PORTS,
    ...CORE_API,
    "node/src/ledger",
    "node/src/mempool",
    "node/src/sync",
    ...DRIVER,
  ],
  "node/src/adapters": [...INNER, PORTS],
  "node/src/adapters/memory": [...INNER, PORTS, "node/src/adapters"],
  "node/src/ops": ["node/src/types", PORTS],
  "node/src/rpc": [...INNER, PORTS, GENESIS, "node/src/ledger"],
  "node/src/daemon": [
    ...INNER,
    PORTS,
    GENESIS,
    ...CORES,
    "node/src/driver",
    ...DRIVER,
    "node/src/adapters",
    "node/src/config",
    "node/src/ops",
    "node/src/rpc",
  ],
  "node/src/cli": [...INNER, GENESIS, "node/src/adapters", "node/src/config", "node/src/ledger"],
  "node/src/devnet": [
    ...INNER,
    GENESIS,
    "node/src/adapters",
    "node/src/ledger",
    "node/src/config",
    "node/src/ops",
    "node/src/daemon/exit-codes.ts",
  ],
  "node/src/timed.ts": [
    "node/src/types",
    "node/src/adapters/standard-output.ts",
    "node/src/daemon",
    "node/src/devnet",
  ],
  "node/src/time-cli.ts": [
    "node/src/types",
    "node/src/adapters/standard-output.ts",
    "node/src/cli",
  ],

  // what tries the node: the simulator runs the driver on the in-memory adapters
  "node/sim": [
    ...INNER,
    PORTS,
    GENESIS,
    ...CORES,
    "node/src/driver",
    ...DRIVER,
    "node/src/daemon",
    "node/src/adapters",
    "node/src/adapters/memory",
    // the naive ledger, a judge that shares only types with the product's
    "node/test",
  ],
  "node/mutation": ["node/sim"],
  "node/bench": [
    ...INNER,
    GENESIS,
    PORTS,
    "node/src/ledger",
    "node/src/adapters",
    "node/src/crypto/testing",
    "node/src/daemon",
    "node/src/devnet",
    "node/sim",
    "node/test",
  ],

  // the operator; of the node it takes schemas, keys and errors
  "operator/src/api": [],
  "operator/src/desired": ["operator/src/api", "node/src/config", GENESIS],
  "operator/src/plan": [
    "operator/src/api",
    "operator/src/desired",
    "node/src/crypto/address.ts",
    GENESIS,
  ],
  "operator/src/status": ["operator/src/api", "operator/src/plan"],
  "operator/src/kube": ["node/src/types"],
  "operator/src/reconcile": [
    "node/src/daemon/exit-codes.ts",
    "operator/src/api",
    "operator/src/desired",
    "operator/src/plan",
    "operator/src/status",
    "operator/src/kube",
    "node/src/codec",
    "node/src/crypto",
    GENESIS,
  ],
  "operator/src": ["operator/src/plan", "operator/src/reconcile", "operator/src/kube"],
  "operator/generate.ts": ["operator/src/api"],
  "operator/build.ts": [],

  // the tooling: the cluster knows no network, the network knows the cluster
  "e2e/tools": [...TOOLING, "e2e/tools/cluster", "e2e/tools/network", "node/src/types"],
  "e2e/tools/cluster": TOOLING,
  "e2e/tools/network": [
    ...TOOLING,
    ...INNER,
    GENESIS,
    "e2e/tools/cluster",
    "node/src/ledger",
    "node/src/cli",
    "node/src/devnet/coin-ladder.ts",
    "node/src/ops",
  ],
  "e2e/tools/processes": [
    ...TOOLING,
    ...INNER,
    GENESIS,
    "e2e/tools/network",
    "node/src/cli",
    "node/src/devnet",
    "node/src/ops",
    "node/src/types",
    // the handshake, for peers that attack
    "node/src/adapters/ws-transport",
    // its source of chance
    "node/sim",
  ],
  "e2e/bench": [
    ...TOOLING,
    ...INNER,
    GENESIS,
    "node/src/devnet",
    "e2e/tools/cluster",
    "e2e/tools/network",
    "e2e/tools/processes",
    "node/sim",
  ],
  "e2e/cluster": [...TOOLING, "e2e/tools/cluster", "e2e/tools/network"],

  // what generates the pages reads the tables of every room
  scripts: ["node/src", "operator/generate.ts", "operator/src/kube", "e2e/tools/tooling-errors.ts"],
};

/** Imports against the rules that still stand, each with why. One that is gone must go from here, too. */
export const EXCEPTIONS: readonly {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}[] = [
  {
    from: "node/src/adapters/level-store/audit.ts",
    to: "node/src/ledger/state-root.ts",
    why: "a store checks the state root of what it opens",
  },
  {
    from: "node/src/ops/ops-app.ts",
    to: "node/src/adapters/metrics.ts",
    why: "the operations port serves what the adapter has counted",
  },
  {
    from: "node/src/ledger/failed-slots.ts",
    to: "node/src/consensus/proposer.ts",
    why: "the leader rule belongs to both",
  },
  {
    from: "node/src/ledger/validator-state.ts",
    to: "node/src/consensus/proposer.ts",
    why: "the same",
  },
  {
    from: "node/src/daemon/build-version.ts",
    to: "node/src/cli/version.ts",
    why: "both programs print one version",
  },
  {
    from: "node/src/daemon/run-command.ts",
    to: "node/src/devnet/node-process.ts",
    why: "the daemon tells the devnet that started it where it listens",
  },
  {
    from: "node/src/devnet/devnet-report.ts",
    to: "node/src/cli/print.ts",
    why: "tables are printed alike by both programs",
  },
];
