// `npm start`: a cluster, and a TimeCoin network on it. Leaves both running; `npm run down` removes
// them. Options: --name, --workers, --yes (install packages unasked).
import { ensureCluster } from "./cluster/cluster.ts";
import { formatFailure } from "./coded-error.ts";
import { parseOptions } from "./command-line.ts";
import { startNetwork } from "./network/start-network.ts";
import { Progress } from "./progress.ts";

try {
  const { values } = parseOptions(
    {
      options: {
        name: { type: "string" },
        workers: { type: "string", default: "0" },
        yes: { type: "boolean", default: false },
      },
    },
    "npm start -- [--name NAME] [--workers N] [--yes]",
  );
  const { name, yes } = values;
  const progress = new Progress();
  const workers = Number(values.workers);
  const cluster = await ensureCluster({ name, yes, workers, progress });
  await startNetwork(cluster, progress);
} catch (error) {
  console.error(formatFailure(error));
  process.exitCode = 1;
}
