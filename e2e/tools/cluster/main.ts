// The command line for CI and engineers: `node e2e/tools/cluster/main.ts up|down|status|images|prove`.
// `up` prints the cluster's facts as JSON on stdout; progress goes to stderr.
import { formatFailure, ToolingError } from "../coded-error.ts";
import { parseOptions, usageFailure } from "../command-line.ts";
import { Progress } from "../progress.ts";
import { cachePath, cacheRoot } from "./cache.ts";
import {
  clusterName,
  deleteCluster,
  ensureCluster,
  ensureImageBuilder,
  stopOwnEngine,
} from "./cluster.ts";
import { askEngine, docker } from "./docker.ts";
import { ownEngine } from "./engine.ts";
import { nodeContainers } from "./kind-cluster.ts";
import { proveCluster } from "./prove-cluster.ts";

const usage =
  "node e2e/tools/cluster/main.ts up | down | status | images | prove   [--name NAME] [--workers N] [--yes] [--stop-engine]";

interface Choice {
  readonly name: string;
  readonly workers: number;
  readonly yes: boolean;
  /** Of down: stop the engine too, if it is ours and idle. */
  readonly stopEngine: boolean;
}

const commands: Readonly<Record<string, (choice: Choice) => Promise<void>>> = {
  up: async (choice) => {
    const { buildImage: _build, loadImage: _load, ...facts } = await ensureCluster(choice);
    console.log(JSON.stringify(facts, null, 2));
  },
  down: async ({ name, stopEngine }) => {
    const progress = new Progress();
    const existed = await deleteCluster(name, progress);
    progress.say("cluster", existed ? `${name} is deleted` : `no cluster ${name} of this cache`);
    if (stopEngine) await stopIdleEngine(progress);
  },
  prove: async (choice) => {
    const progress = new Progress();
    const proof = await proveCluster(progress, await ensureCluster({ ...choice, progress }));
    console.log(JSON.stringify(proof, null, 2));
  },
  images: async ({ yes }) => {
    const { imageSource } = await ensureImageBuilder({ yes });
    console.log(JSON.stringify({ imageSource }));
  },
  status: async ({ name }) => {
    const engine = await askEngine();
    const nodes = engine === undefined ? [] : await nodeContainers(name);
    const images = engine === undefined ? "" : await timecoinImages();
    const facts = {
      cache: cacheRoot(),
      engine: engine ?? "none answers",
      engineStartedHere: ownEngine() !== undefined,
      cluster: name,
      nodes,
      kubeconfigPath: cachePath("clusters", name, "kubeconfig"),
      images: images.split("\n").filter((line) => line !== ""),
    };
    console.log(JSON.stringify(facts, null, 2));
  },
};

/** Stops the engine that was started here, unless something still runs on it. */
async function stopIdleEngine(progress: Progress): Promise<void> {
  try {
    if (!(await stopOwnEngine(progress))) progress.say("engine", "not started here; left alone");
  } catch (error) {
    if (!(error instanceof ToolingError) || error.code !== "CLUSTER_ENGINE_BUSY") throw error;
    progress.say("engine", `left running: ${error.failure.reason}`);
  }
}

async function timecoinImages(): Promise<string> {
  const args = ["images", "--filter", "label=timecoin.dev/content-key"];
  const result = await docker([...args, "--format", "{{.Repository}}:{{.Tag}} {{.Size}}"], {
    timeoutMs: 30_000,
  });
  return result.stdout;
}

async function main(): Promise<void> {
  const { values, positionals } = parseOptions(
    {
      allowPositionals: true,
      options: {
        name: { type: "string" },
        workers: { type: "string", default: "0" },
        yes: { type: "boolean", default: false },
        "stop-engine": { type: "boolean", default: false },
      },
    },
    usage,
  );
  const command = commands[positionals[0] ?? ""];
  if (command === undefined || positionals.length !== 1)
    throw usageFailure("one command is expected", usage);
  const workers = Number(values.workers);
  const stopEngine = values["stop-engine"];
  await command({ name: clusterName(values.name), workers, yes: values.yes, stopEngine });
}

try {
  await main();
} catch (error) {
  console.error(formatFailure(error));
  process.exitCode = 1;
}
