// docs/reference/config.md: every key of the node's configuration.

import { CONFIG_LEAVES, type ConfigLeaf } from "../../node/src/config/leaves.ts";
import { DEFAULT_PORTS } from "../../node/src/config.ts";
import { code, pageHead, table } from "./markdown.ts";

function fallbackOf({ fallback, required, path }: ConfigLeaf): string {
  if (required) return "**required**";
  if (fallback !== undefined) return code(JSON.stringify(fallback));
  return path.endsWith(".port") ? "by profile" : "";
}

const INTRO = `\`timed\` takes its configuration from four layers, each over the one before:

1. the defaults below,
2. the YAML file named by \`--config\` or \`TIMECOIN_CONFIG\`,
3. environment variables,
4. flags.

An unknown key or a bad value is refused with its place, the reason and the likely key
(\`CONFIG_INVALID\`). Lists are comma-separated in variables and flags. Relative paths start at the
directory of the file that names them, else at the working directory. \`timed config\` prints the
effective configuration and where each value comes from. Variables that Kubernetes sets for Services
(\`TIMECOIN_…_SERVICE_HOST\` and the like) are left alone.
`;

const EXAMPLE = `## A full node on a testnet

\`\`\`yaml
dataDir: /var/lib/timecoin
genesisFile: /etc/timecoin/genesis.json
keys:
  nodeKeyFile: /etc/timecoin/node-key.json
p2p:
  # What others dial to reach this node. Without it the node dials out only, and is told to nobody.
  advertise: node.example.:24100
  peers:
  - 0123456789abcdef0123456789abcdef01234567@seed.example.:24100
\`\`\`
`;

const FIXED = `## Fixed limits

What no key sets stands where it belongs: of RPC, operations and admin listeners in
[rpc.md](rpc.md#limits), of blocks, transactions and frames in [protocol.md](../protocol.md), of what waits in a node in
[the driver's README](../../node/src/driver/README.md). This file has at most 1 MiB, and genesis.json 8 MiB.

SIGHUP reads the configuration again: \`log.level\` and the admin token take effect, other changes wait for
the next start and are named in the log.
`;

export function configReference(): string {
  const rows = CONFIG_LEAVES.map((leaf) => [
    code(leaf.path),
    leaf.kind,
    fallbackOf(leaf),
    leaf.bounds,
    leaf.description,
    `${code(leaf.variable)} ${code(leaf.flag)}`,
  ]);
  const columns = ["key", "kind", "default", "allowed", "meaning", "variable and flag"];
  const ports = Object.entries(DEFAULT_PORTS).map(([profile, { p2p, rpc, ops, admin }]) => [
    profile,
    String(p2p),
    String(rpc),
    String(ops),
    String(admin),
  ]);
  return [
    pageHead("Configuration of timed", "node/src/config.ts", INTRO),
    `${table(columns, rows)}\n`,
    `## Default ports\n\n${table(["profile", "peers", "RPC", "operations", "admin"], ports)}\n`,
    FIXED,
    EXAMPLE,
  ].join("\n");
}
