import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { readKeyFile } from "../adapters/local-files.ts";
import { readGenesisFile } from "../cli/genesis-source.ts";
import { addressOf } from "../crypto/address.ts";
import { type DevnetPlan, devnetPaths, peersOf, planNodes } from "./devnet-plan.ts";
import { addressScheme, claimPorts } from "./devnet-ports.ts";
import { type DevnetOptions, runDevnet } from "./run-devnet.ts";

const timedEntry = fileURLToPath(new URL("../../test/fake-timed.ts", import.meta.url));

let directory: string;
let output: string;
let stop: AbortController;
let stopNow: AbortController;
let seed: number;
/** Below the default ports and those that systems hand out, and by worker away from other runs. */
const BASE_PORT = 10_000 + (process.pid % 700) * 20;

beforeEach(() => {
  const parent = mkdtempSync(join(tmpdir(), "timecoin-devnet-test-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  directory = join(parent, "net");
  output = "";
  stop = new AbortController();
  stopNow = new AbortController();
  seed = 1;
});

/** What the nodes see, with a cache that no run shares with the user's. */
const environment = (changes: Record<string, string>) => ({
  PATH: process.env.PATH,
  TIMECOIN_CACHE: join(tmpdir(), "timecoin-test-cache"),
  ...changes,
});

const options = (changes: Partial<DevnetOptions> = {}): DevnetOptions => ({
  validators: 2,
  directory,
  keep: false,
  basePort: BASE_PORT,
  accounts: 2,
  amount: "1000",
  logLevel: "info",
  parameters: {},
  timedEntry,
  // A variable of ours must not reach the nodes: this one would give all the same port.
  env: environment({ TIMECOIN_OPS_PORT: "1" }),
  firstBlockTimeoutMs: 60_000,
  stopTimeoutMs: 60_000,
  randomBytes: (sizeBytes) => new Uint8Array(sizeBytes).fill(seed++),
  out: (text) => {
    output += text;
  },
  stop: stop.signal,
  stopNow: stopNow.signal,
  ...changes,
});

describe("runDevnet", () => {
  it("makes keys, genesis and configuration, waits for the first block, and stops cleanly", async () => {
    let plan: DevnetPlan | undefined;
    const running = runDevnet(
      options({
        onRunning: (made) => {
          plan = made;
          stop.abort();
        },
      }),
    );
    await running;
    const paths = devnetPaths(directory);
    const genesis = readGenesisFile(paths.genesis);
    expect(genesis.validators.map(({ name }) => name)).toEqual(["node-1", "node-2"]);
    const coins = genesis.allocations.map(({ amount }) => amount);
    expect(coins.reduce((sum, coin) => sum + coin, 0n)).toBe(200_000_000_000n);
    expect(coins.length).toBeGreaterThan(10);
    const [account] = plan?.accounts ?? [];
    const key = readKeyFile(paths.accountKey("account-1"));
    expect(account?.address).toBe(addressOf(key.publicKey, "testnet"));
    expect(statSync(paths.validatorKey("node-1")).mode & 0o777).toBe(0o600);
    expect(readFileSync(paths.log("node-2"), "utf8")).toContain("fake timed run on ");
    expect(output).toContain("first block on every node after");
    expect(output).toContain("2 validators tolerate no fault");
    expect(output).toContain(paths.accountKey("account-1"));
    expect(output).toContain(`send ${plan?.accounts[1]?.address ?? "?"} 12.5 --key`);
    expect(output).not.toMatch(/[0-9a-f]{64}/);
    expect(output).toContain(`==> kept ${directory}`);

    // Started again, it is the same network.
    const text = readFileSync(paths.genesis, "utf8");
    stop = new AbortController();
    await runDevnet(options({ onRunning: () => stop.abort() }));
    expect(output).toContain("2 nodes kept in");
    expect(readFileSync(paths.genesis, "utf8")).toBe(text);
  });

  it("says which node died, how, and its last words; no other is left", async () => {
    const env = environment({ FAKE_TIMED: "die" });
    const failure = await runDevnet(options({ env })).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "DEVNET_NODE_EXITED", details: { node: "node-2" } });
    expect((failure as Error).message).toContain("node-2 ended with exit code 3");
    expect((failure as Error).message).toContain("  | the last words");
    const [first] = planNodes(2, BASE_PORT, await addressScheme());
    await expect(
      fetch(`http://${first?.host ?? ""}:${first?.opsPort ?? 0}/status`),
    ).rejects.toThrow();
  });

  it("starts a node that ends again, and not for ever; the others go on", async () => {
    const env = environment({ FAKE_TIMED: "die" });
    let text = "";
    // It ends at once, each time.
    const out = (more: string): void => {
      text += more;
      if (more.includes("it is not started again")) stop.abort();
    };
    await runDevnet(options({ env, restartAfterMs: 10, out }));
    expect(text).toContain("==> node-2 ended with exit code 3; it is started again in 0.01 s");
    expect(text).toContain("node-2 ended with exit code 3; it is started again in 0.08 s");
    expect(text).not.toContain("node-1 ended");
  });

  it("kills a node that does not stop, and says so; a temporary directory goes", async () => {
    const env = environment({ FAKE_TIMED: "deaf" });
    let where = "";
    const onRunning = (_plan: DevnetPlan, used: string): void => {
      where = used;
      stop.abort();
    };
    await runDevnet(options({ directory: undefined, env, stopTimeoutMs: 1, onRunning }));
    expect(output).toContain("==> node-1 killed: still ran 0.001 s after SIGTERM");
    expect([where === "", existsSync(where)]).toEqual([false, false]);
  });

  it("kills at once at the second signal; a temporary directory stays when asked for", async () => {
    const env = environment({ FAKE_TIMED: "deaf" });
    let where = "";
    const onRunning = (_plan: DevnetPlan, used: string): void => {
      where = used;
      stop.abort();
      stopNow.abort();
    };
    await runDevnet(options({ directory: undefined, keep: true, env, onRunning }));
    expect(output).toContain("==> node-2 killed: stopped at once");
    expect(existsSync(devnetPaths(where).plan)).toBe(true);
    rmSync(where, { recursive: true });
  });

  it("gives up when no block comes, and when it is stopped before one does", async () => {
    const env = environment({ FAKE_TIMED: "stall" });
    await expect(runDevnet(options({ env, firstBlockTimeoutMs: 1 }))).rejects.toMatchObject({
      code: "DEVNET_NO_BLOCK",
    });
    const stopping = runDevnet(options({ env }));
    await expect.poll(() => readdirSync(directory)).toContain("devnet.json");
    stop.abort();
    await stopping;
    expect(output).not.toContain("first block on every node");
  });

  it("refuses a directory that holds something else, and impossible sizes", async () => {
    mkdirSync(join(directory, "something"), { recursive: true });
    await expect(runDevnet(options())).rejects.toMatchObject({ code: "DEVNET_DIRECTORY" });
    const none = options({ directory: undefined, validators: 0 });
    await expect(runDevnet(none)).rejects.toMatchObject({ code: "CLI_USAGE" });
  });
});

describe("ports", () => {
  let blocker: Server;
  afterEach(() => new Promise<void>((done) => blocker.close(() => done())));

  const block = (port: number): Promise<void> =>
    new Promise((done) => {
      blocker = createServer().listen({ host: "127.0.0.1", port }, done);
    });

  it("that were asked for must be free", async () => {
    await block(BASE_PORT + 3);
    await expect(runDevnet(options())).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringContaining(
        `node-1 cannot listen on 127.0.0.1:${BASE_PORT + 3}`,
      ) as string,
    });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe("claimPorts", () => {
  it("gives a range to one devnet at a time", async () => {
    const nodes = planNodes(2, BASE_PORT, "shared");
    const first = await claimPorts(nodes);
    await expect(claimPorts(nodes)).rejects.toMatchObject({ code: "PORT_IN_USE" });
    first.release();
    (await claimPorts(nodes)).release();
  });
});

describe("plan", () => {
  it("gives each node an address of its own, or ports of its own", () => {
    expect(planNodes(2, 24_100, "own")[1]).toEqual({
      name: "node-2",
      host: "127.0.0.2",
      p2pPort: 24_100,
      rpcPort: 24_101,
      opsPort: 24_103,
    });
    expect(planNodes(2, 24_100, "shared")[1]).toMatchObject({ host: "127.0.0.1", opsPort: 24_113 });
    const ports = planNodes(100, 24_100, "shared").flatMap((n) => [
      n.p2pPort,
      n.rpcPort,
      n.opsPort,
    ]);
    expect(new Set(ports).size).toBe(300);
  });

  it("names all others as peers, or the next eight", () => {
    expect(peersOf(["a", "b", "c"], 1)).toEqual(["c", "a"]);
    const many = Array.from({ length: 20 }, (_, n) => n);
    expect(peersOf(many, 18)).toEqual([19, 0, 1, 2, 3, 4, 5, 6]);
  });
});
