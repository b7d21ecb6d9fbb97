// Four containers from the node's image, as an operator of any container platform would run them: non-
// root, read-only root file system, one killed and one told to stop; the chain goes on and both return.

import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDevnet } from "@timecoin/node/devnet/devnet-files";
import { devnetPaths } from "@timecoin/node/devnet/devnet-plan";
import { type NodeStatus, NodeStatusSchema } from "@timecoin/node/status";
import {
  GenericContainer,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from "testcontainers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureImageBuilder } from "../tools/cluster/cluster.ts";
import { docker } from "../tools/cluster/docker.ts";
import { nodeImage } from "../tools/network/product-images.ts";
import { waitFor } from "../tools/wait-for.ts";

const PORTS = { p2p: 24100, rpc: 24101, ops: 24103 };
const NODES = 4;
const WAIT_MS = 90_000;
/** uid and gid of the image's user: the key files must be readable for it, and for nobody else. */
const NODE_USER = 1000;

describe("the node's image", () => {
  const directory = mkdtempSync(join(tmpdir(), "timecoin-image-"));
  const { image } = nodeImage().spec;
  const containers: StartedTestContainer[] = [];
  let network: StartedNetwork;

  beforeAll(async () => {
    // The reaper's own image may be out of reach; everything is removed below.
    process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
    const builder = await ensureImageBuilder({ yes: true });
    await builder.buildImage(nodeImage().spec);
    network = await new Network().start();
    const nodes = Array.from({ length: NODES }, (_, i) => ({
      name: `node-${i + 1}`,
      host: `node-${i + 1}`,
      p2pPort: PORTS.p2p,
      rpcPort: PORTS.rpc,
      opsPort: PORTS.ops,
    }));
    writeDevnet({
      directory,
      nodes,
      accounts: 1,
      amount: "1000",
      logLevel: "info",
      parameters: { emptyBlockIntervalMs: 200 },
      randomBytes: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
      nowMs: Date.now(),
    });
    containers.push(...(await Promise.all(nodes.map(({ name }) => start(name)))));
  });
  afterAll(async () => {
    await Promise.all(
      containers.map((container) => container.stop({ remove: true, removeVolumes: true })),
    );
    await network?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const start = async (name: string): Promise<StartedTestContainer> => {
    const paths = devnetPaths(directory);
    const file = (source: string, target: string) => ({
      content: readFileSync(source),
      target: `/etc/timecoin/${target}`,
      mode: 0o444,
    });
    return await new GenericContainer(image)
      .withName(`timecoin-${name}-${process.pid}`)
      .withNetwork(network)
      .withNetworkAliases(name)
      .withUser(`${NODE_USER}:${NODE_USER}`)
      .withCopyContentToContainer([
        file(paths.genesis, "genesis.json"),
        file(paths.config(name), "node/config.yaml"),
        file(paths.validatorKey(name), "node/validator-key.json"),
        file(paths.nodeKey(name), "node/node-key.json"),
      ])
      .withEnvironment({
        TIMECOIN_DATA_DIR: "/var/lib/timecoin",
        TIMECOIN_P2P_HOST: "0.0.0.0",
        TIMECOIN_RPC_HOST: "0.0.0.0",
        TIMECOIN_OPS_HOST: "0.0.0.0",
      })
      .withCommand(["run", "--config", "/etc/timecoin/node/config.yaml", "--init"])
      .withExposedPorts(PORTS.ops)
      .withWaitStrategy(Wait.forHttp("/startupz", PORTS.ops).forStatusCode(200))
      .withStartupTimeout(WAIT_MS)
      .start();
  };

  const containerOf = (index: number): StartedTestContainer => {
    const container = containers[index];
    if (container === undefined) throw new RangeError(`there is no container ${index}`);
    return container;
  };

  /** Asked inside the container's network through the engine, as a restart maps another port. */
  const statusOf = async (index: number): Promise<NodeStatus | undefined> => {
    const ask = `fetch("http://127.0.0.1:${PORTS.ops}/status").then((r) => r.text()).then(console.log)`;
    const args = ["exec", containerOf(index).getId(), "node", "-e", ask];
    const { exitCode, stdout } = await docker(args, { timeoutMs: 20_000, allowFailure: true });
    return exitCode === 0 ? NodeStatusSchema.parse(JSON.parse(stdout)) : undefined;
  };

  const waitForHeight = async (index: number, height: number): Promise<void> => {
    await waitFor(`container ${index}: height ${height}`, WAIT_MS, async () => {
      const at = (await statusOf(index))?.height ?? -1;
      return at >= height ? { done: undefined } : { waiting: `height ${at}` };
    });
  };

  const waitUntilSigning = async (index: number, above: number): Promise<void> => {
    await waitFor(`container ${index} signs above ${above}`, WAIT_MS, async () => {
      const signed = (await statusOf(index))?.self.lastSignedHeight ?? 0;
      return signed > above ? { done: undefined } : { waiting: `last signed ${signed}` };
    });
  };

  const exitCodeOf = async (index: number): Promise<string> => {
    const args = ["wait", containerOf(index).getId()];
    return (await docker(args, { timeoutMs: 30_000 })).stdout.trim();
  };

  const engine = async (verb: string[], index: number): Promise<void> => {
    await docker([...verb, containerOf(index).getId()], { timeoutMs: 60_000 });
  };

  it("commits blocks in four containers, and all four sign", async () => {
    for (let i = 0; i < NODES; i++) await waitUntilSigning(i, 3);
  });

  it("goes on when one is killed with SIGKILL, which comes back and signs", async () => {
    const before = (await statusOf(1))?.height ?? 0;
    await engine(["kill", "--signal", "KILL"], 0);
    expect(await exitCodeOf(0)).toBe("137");
    await waitForHeight(1, before + 5);
    await engine(["start"], 0);
    await waitUntilSigning(0, before + 5);
  });

  it("goes on when one is told to stop, which ends with code 0, comes back and signs", async () => {
    const before = (await statusOf(1))?.height ?? 0;
    await engine(["kill", "--signal", "TERM"], 2);
    expect(await exitCodeOf(2)).toBe("0");
    await waitForHeight(1, before + 5);
    await engine(["start"], 2);
    await waitUntilSigning(2, before + 5);
  });

  it("names its version and commit, its user, and no shell in its entry point", async () => {
    const { stdout } = await docker(["image", "inspect", image], { timeoutMs: 30_000 });
    const [{ Config: config }] = JSON.parse(stdout) as [
      {
        Config: {
          User: string;
          Entrypoint: string[];
          Labels: Record<string, string>;
          StopSignal: string;
        };
      },
    ];
    expect(config.User).toBe(`${NODE_USER}:${NODE_USER}`);
    expect(config.Entrypoint).toEqual(["node", "--max-semi-space-size=8", "/app/dist/timed.js"]);
    expect(config.StopSignal).toBe("SIGTERM");
    expect(config.Labels["org.opencontainers.image.version"]).toMatch(/^\d+\.\d+\.\d+/);
    expect(config.Labels["org.opencontainers.image.revision"]).toMatch(/^[0-9a-f]{40}(-dirty)?$/);
  });
});
