// `npm start`: a cluster, and a TimeCoin network on it. Leaves both running; `npm run down` removes
// them. Options: --name, --workers, --yes (install packages unasked).
import { parseArgs } from "node:util";
import { ensureCluster } from "./cluster/cluster.ts";
import { formatFailure } from "./coded-error.ts";
import { startNetwork } from "./network/start-network.ts";
import { Progress } from "./progress.ts";

try {
  const { values } = parseArgs({
    options: {
      name: { type: "string" },
      workers: { type: "string", default: "0" },
      yes: { type: "boolean", default: false },
    },
  });
  const { name, yes } = values;
  const progress = new Progress();
  const workers = Number(values.workers);
  const cluster = await ensureCluster({ name, yes, workers, progress });
  await startNetwork(cluster, progress);
} catch (error) {
  console.error(formatFailure(error));
  process.exitCode = 1;
}
