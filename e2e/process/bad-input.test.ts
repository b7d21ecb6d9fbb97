// What a node does with what is wrong: it refuses with a stable code and the next step, and loses
// nothing. Every case is the real program with a real file, port, lock or peer.

import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { LocalNetwork, TIMED } from "../tools/processes/local-network.ts";
import { waitFor } from "../tools/wait-for.ts";

const WAIT_MS = 60_000;
const TIME_CLI = join(dirname(TIMED), "time-cli.ts");

const spawned = (program: string, args: readonly string[], stdout: "pipe" | number = "pipe") =>
  spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    timeout: 30_000,
    stdio: ["ignore", stdout, "pipe"],
  });

const timed = (...args: readonly string[]) => spawned(TIMED, args);

describe("a command line that is wrong", () => {
  it.each([
    [["inti"], 'there is no command "inti"; did you mean init?'],
    [["bogus"], 'there is no command "bogus"'],
    [["run", "--lgo-level", "debug"], "unknown option '--lgo-level'"],
    [["halt"], "Usage: timed halt"],
    [["devnet", "--validators", "x"], "expected a whole number"],
  ])("timed %j is refused with code 2, the reason and the next step", (args, reason) => {
    const { status, stderr } = timed(...args);
    expect(stderr).toContain(reason);
    expect(stderr).toContain("\nnext: Run the program with --help");
    expect(status).toBe(2);
  });

  it("a mistyped data directory is no halted node, and is not made", () => {
    const typo = join(tmpdir(), `timecoin-typo-${process.pid}`);
    for (const command of ["show", "clear"]) {
      const { status, stderr } = timed("halt", command, "-d", typo);
      expect(stderr).toContain("error DATA_DIR_MISSING");
      expect(status).toBe(1);
    }
    expect(existsSync(typo)).toBe(false);
  });

  it.runIf(existsSync("/dev/full"))(
    "output that cannot be written is a failure, in one sentence",
    () => {
      const full = openSync("/dev/full", "w");
      const cases = [
        [TIME_CLI, 3, ["--version"]],
        [TIMED, 1, ["--version"]],
      ] as const;
      for (const [program, code, args] of cases) {
        const { status, stderr } = spawned(program, args, full);
        expect(stderr).toMatch(/^error CLI_FILE: standard output: ENOSPC.*\nnext: .*\n$/);
        expect(status).toBe(code);
      }
      closeSync(full);
    },
  );
});

describe("a node with bad input", () => {
  let network: LocalNetwork;

  beforeAll(async () => {
    network = await LocalNetwork.create(4, { emptyBlockIntervalMs: 200 });
  });
  afterAll(async () => {
    await network.remove();
  });

  /** Runs a node to its end and gives what it said. */
  const run = (config: string) => timed("run", "--config", config);

  const configPath = (): string => network.paths.config("node-1");

  /** A changed copy of node 1's configuration beside the original. */
  const changed = (change: (config: Record<string, unknown>) => void): string => {
    const config = parse(readFileSync(configPath(), "utf8")) as Record<string, unknown>;
    change(config);
    const path = `${configPath()}.changed.yaml`;
    writeFileSync(path, stringify(config));
    return path;
  };

  const expectRefusal = (config: string, code: string, ...words: string[]): void => {
    const { status, stderr } = run(config);
    expect(stderr).toContain(`error ${code}`);
    expect(stderr).toContain("next: ");
    for (const word of words) expect(stderr).toContain(word);
    expect(status).toBe(1);
  };

  it("refuses an unknown key and names the one that was meant", () => {
    const path = changed((config) => Object.assign(config, { prc: { port: 1 } }));
    expectRefusal(path, "CONFIG_INVALID", "prc", "rpc");
  });

  it("refuses malformed YAML with line and column", () => {
    const path = `${configPath()}.broken.yaml`;
    writeFileSync(path, "rpc:\n  port: [1,\n");
    expectRefusal(path, "CONFIG_INVALID", "broken.yaml:3:1");
  });

  it("refuses a damaged key file without showing it", () => {
    const path = network.paths.nodeKey("node-2");
    const original = readFileSync(path, "utf8");
    const seed = (JSON.parse(original) as { seed: string }).seed;
    const damaged = original.replace(seed, `${seed[0] === "0" ? "1" : "0"}${seed.slice(1)}`);
    writeFileSync(path, damaged);
    expectRefusal(network.paths.config("node-2"), "KEY_FILE_DAMAGED", path);
    expect(run(network.paths.config("node-2")).stderr).not.toContain(seed.slice(8));
    writeFileSync(path, original);
  });

  it("tells a key file that is not there from a damaged one", () => {
    const path = changed((config) =>
      Object.assign(config, { keys: { ...(config.keys as object), nodeKeyFile: "nod-key.json" } }),
    );
    expectRefusal(path, "KEY_FILE_UNREADABLE", "nod-key.json: no such file");
  });

  it("refuses the node key of another member, with which it would never sign", () => {
    const nodeKeyFile = network.paths.nodeKey("node-2");
    const path = changed((config) =>
      Object.assign(config, { keys: { ...(config.keys as object), nodeKeyFile } }),
    );
    expectRefusal(path, "KEY_PAIR_MISMATCH", "node-1", nodeKeyFile);
  });

  it("begins no sign state for a key that is no validator", () => {
    const validatorKeyFile = network.paths.nodeKey("node-1");
    const dataDir = "fresh";
    const path = changed((config) =>
      Object.assign(config, { dataDir, keys: { ...(config.keys as object), validatorKeyFile } }),
    );
    const { status, stderr, stdout } = timed("init", "--config", path);
    expect(stderr).toContain("error KEY_NOT_VALIDATOR");
    expect([status, stdout]).toEqual([1, ""]);
  });

  it("refuses a genesis that is not there", () => {
    const path = changed((config) => Object.assign(config, { genesisFile: "missing.json" }));
    expectRefusal(path, "GENESIS_INVALID", "missing.json");
  });

  it("refuses a genesis whose chain id was changed by hand: the proofs are of another chain", () => {
    const genesis = JSON.parse(readFileSync(network.paths.genesis, "utf8")) as object;
    const genesisFile = `${network.paths.genesis}.changed.json`;
    writeFileSync(genesisFile, JSON.stringify({ ...genesis, chainId: "another-chain" }));
    const path = changed((config) => Object.assign(config, { genesisFile }));
    expectRefusal(path, "GENESIS_INVALID", "validators[0].possession", "for this chain");
  });

  it("names an occupied port and what holds it back", async () => {
    const { host, rpcPort } = network.node(0).plan;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(rpcPort, host, resolve));
    try {
      expectRefusal(configPath(), "PORT_IN_USE", String(rpcPort));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("refuses a data directory that another process holds, and leaves that process alone", async () => {
    network.startAll();
    await network.node(0).waitForHeight(2, WAIT_MS);
    expectRefusal(configPath(), "DATA_DIR_LOCKED", "data");
    await network.node(0).waitForHeight(4, WAIT_MS);
  });

  it("refuses the data of another chain, and keeps it", async () => {
    const other = await LocalNetwork.create(4);
    try {
      await network.node(3).end("SIGTERM");
      const config = parse(readFileSync(network.paths.config("node-4"), "utf8")) as Record<
        string,
        unknown
      >;
      const path = `${network.paths.config("node-4")}.changed.yaml`;
      writeFileSync(path, stringify({ ...config, genesisFile: other.paths.genesis }));
      expectRefusal(path, "STORE_GENESIS_MISMATCH");
      network.node(3).start();
      await network.node(3).waitForHeight(4, WAIT_MS);
    } finally {
      await other.remove();
    }
  });

  it("refuses a peer of another genesis, and both say why", async () => {
    const stranger = await LocalNetwork.create(1);
    try {
      const nodeId = (await network.node(0).status())?.self.nodeId;
      const { host, p2pPort } = network.node(0).plan;
      const path = stranger.paths.config("node-1");
      const config = parse(readFileSync(path, "utf8")) as { p2p: object };
      const p2p = { ...config.p2p, peers: [`${nodeId}@${host}:${p2pPort}`] };
      writeFileSync(path, stringify({ ...config, p2p }));
      stranger.startAll();
      for (const node of [stranger.node(0), network.node(0)]) {
        await waitFor("the reason in the log", WAIT_MS, () => {
          const said = /PEER_(CHAIN|GENESIS)_MISMATCH/.test(node.log());
          return Promise.resolve(said ? { done: undefined } : { waiting: "not said yet" });
        });
      }
    } finally {
      await stranger.remove();
    }
  });

  it("answers a malformed or oversized RPC body with an error, and goes on", async () => {
    const { host, rpcPort } = network.node(0).plan;
    const post = async (body: string) =>
      await fetch(`http://${host}:${rpcPort}`, { method: "POST", body });
    const malformed = (await (await post("{not json")).json()) as { error: { code: number } };
    expect(malformed.error.code).toBe(-32700);
    const oversized = await post("x".repeat(2 * 1024 * 1024));
    expect(oversized.status).toBe(413);
    expect(await network.node(0).rpc<number>("getblockcount")).toBeGreaterThan(0);
  });
});
