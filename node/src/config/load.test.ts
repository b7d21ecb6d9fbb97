import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { describeConfig } from "./describe.ts";
import type { ConfigLeaf } from "./leaves.ts";
import { CONFIG_LEAVES, leafAt } from "./leaves.ts";
import { loadConfig } from "./load.ts";

const directory = mkdtempSync(join(tmpdir(), "timecoin-config-"));
afterAll(() => rmSync(directory, { recursive: true }));
const MINIMAL = "dataDir: data\ngenesisFile: genesis.json\nkeys: {nodeKeyFile: node.json}\n";
const SECRET = "9f".repeat(32);
let files = 0;

function write(text: string): string {
  const file = join(directory, `config-${files++}.yaml`);
  writeFileSync(file, text);
  return file;
}

function leaf(path: string): ConfigLeaf {
  const found = leafAt(path);
  if (found === undefined) throw new Error(`no leaf ${path}`);
  return found;
}

const load = (
  yaml: string,
  env: Record<string, string> = {},
  flags: readonly (readonly [string, string])[] = [],
) =>
  loadConfig({
    file: write(yaml),
    env,
    flags: new Map(flags.map(([path, text]) => [leaf(path), text])),
    directory,
  });

function reason(yaml: string, env: Record<string, string> = {}): string {
  const result = load(yaml, env);
  if (result.ok) throw new Error("expected the configuration to be refused");
  expect(result.code).toBe("CONFIG_INVALID");
  return result.reason.replaceAll(/[^\s(]*config-\d+\.yaml/g, "config.yaml");
}

function effective(result: ReturnType<typeof load>) {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

describe("loadConfig", () => {
  it("fills defaults, and ports by profile", () => {
    const testnet = effective(load(MINIMAL)).config;
    expect([testnet.p2p.port, testnet.rpc.port, testnet.ops.port]).toEqual([24100, 24101, 24103]);
    const mainnet = effective(load(`${MINIMAL}profile: Mainnet\nops: {port: 1}\n`)).config;
    expect([mainnet.p2p.port, mainnet.rpc.port, mainnet.ops.port]).toEqual([24000, 24001, 1]);
    expect(testnet.mempool).toEqual({ maxTxs: 20_000, maxBytes: 64 * 1024 * 1024, ttlBlocks: 600 });
  });

  it("lays flags over environment over file, and says which it took", () => {
    const yaml = `${MINIMAL}rpc: {port: 1, maxBatch: 2, enabled: false}\n`;
    const env = { TIMECOIN_RPC_PORT: "3", TIMECOIN_RPC_MAX_BATCH: "4" };
    const { config, sources } = effective(load(yaml, env, [["rpc.port", "5"]]));
    expect(config.rpc).toMatchObject({ port: 5, maxBatch: 4, enabled: false });
    expect(sources.get("rpc.port")).toBe("flag --rpc-port");
    expect(sources.get("rpc.maxBatch")).toBe("environment variable TIMECOIN_RPC_MAX_BATCH");
    expect(sources.get("rpc.enabled")).toMatch(/\.yaml:4:\d+$/);
    expect(sources.has("rpc.maxBodyBytes")).toBe(false);
  });

  it("resolves paths from where they are written", () => {
    const { config } = effective(load(MINIMAL, { TIMECOIN_GENESIS_FILE: "other/g.json" }));
    expect(config.dataDir).toBe(join(directory, "data"));
    expect(config.genesisFile).toBe(join(directory, "other/g.json"));
  });

  it("reads every kind of value from text", () => {
    const peer = `${"a".repeat(40)}@seed.example.:24100`;
    const { config } = effective(
      load(MINIMAL, {
        TIMECOIN_RPC_ENABLED: "false",
        TIMECOIN_CONSENSUS_TIMEOUT_GROWTH: "1.5",
        TIMECOIN_P2P_PEERS: `${peer}, ${"b".repeat(40)}@[::1]:1`,
        TIMECOIN_LOG_LEVEL: "debug",
      }),
    );
    expect(config.rpc.enabled).toBe(false);
    expect(config.consensus.timeoutGrowth).toBe(1.5);
    expect(config.p2p.peers).toEqual([peer, `${"b".repeat(40)}@[::1]:1`]);
    expect(config.log.level).toBe("debug");
  });

  it("names every problem with its place, its reason and the likely key", () => {
    const yaml = `${MINIMAL}rpc:\n  prot: 1\n  maxBatch: 0\nmaxTxs: 3\np2p:\n  peers: [x]\n__proto__: 1\n`;
    expect(reason(yaml, { TIMECOIN_OPS_PORT: "http" }).split("\n")).toEqual([
      'p2p.peers.0 (config.yaml:9:11): is not nodeId@host:port (40 hex digits before the @), got "x"',
      "rpc.maxBatch (config.yaml:6:3): expected number to be >=1, got 0",
      "rpc.prot (config.yaml:5:3): unknown key; did you mean port?",
      'ops.port (environment variable TIMECOIN_OPS_PORT): expected number, got "http"',
      "maxTxs (config.yaml:7:1): unknown key; did you mean mempool.maxTxs?",
      "__proto__ (config.yaml:10:1): unknown key",
    ]);
  });

  it("says how to set what is required", () => {
    const line =
      "keys.nodeKeyFile: is required (set it in the file, as TIMECOIN_KEYS_NODE_KEY_FILE or --keys-node-key-file)";
    expect(reason("dataDir: d\ngenesisFile: g\nkeys: {}\n")).toBe(line);
    expect(reason("dataDir: d\ngenesisFile: g\n")).toBe(line);
    expect(reason("").split("\n")).toHaveLength(3);
  });

  it("gives line and column of malformed YAML, duplicate keys included", () => {
    expect(reason("rpc:\n  port: [1\n")).toMatch(/^config\.yaml:3:1: /);
    expect(reason("dataDir: a\ndataDir: b\n")).toMatch(/^config\.yaml:2:1: .*unique/);
    expect(reason("- a list\n")).toContain("expected keys and values");
    // An alias inside its own anchor would be a value without end.
    expect(reason("rpc: &a\n  b: *a\n")).toBe(
      "config.yaml:2:6: aliases are not allowed; write the value out",
    );
  });

  it("reports a file that cannot be read, also when the environment names it", () => {
    const env = { TIMECOIN_CONFIG: "missing.yaml" };
    expect(loadConfig({ env, directory })).toMatchObject({
      code: "CONFIG_UNREADABLE",
      reason: expect.stringContaining(join(directory, "missing.yaml")) as string,
    });
  });

  it("refuses unknown variables of its prefix but leaves those of others alone", () => {
    expect(reason(MINIMAL, { TIMECOIN_RPC_PROT: "1" })).toBe(
      "environment variable TIMECOIN_RPC_PROT: names no configuration key; did you mean TIMECOIN_RPC_PORT?",
    );
    const others = {
      TIMECOIN_BUILD_VERSION: "1.2.3",
      TIMECOIN_CACHE: "/c",
      TIMECOIN_DEMO_SERVICE_HOST: "10.0.0.1",
      TIMECOIN_DEMO_SERVICE_PORT_RPC: "1",
      TIMECOIN_DEMO_PORT: "tcp://10.0.0.1:1",
      TIMECOIN_DEMO_PORT_24101_TCP_ADDR: "10.0.0.1",
      HOME: "/root",
    };
    expect(load(MINIMAL, others).ok).toBe(true);
    expect(reason(MINIMAL, { TIMECOIN_RPC_PORT: "tcp://10.0.0.1:1" })).toContain(
      "enableServiceLinks: false",
    );
  });

  it("refuses a peer that p2p.refuse names too, and says which", () => {
    const id = "ab".repeat(20);
    const peers = `p2p: {peers: ["${"cd".repeat(20)}@a:1", "${id}@b:1"], refuse: ["${id}"]}\n`;
    const text = reason(`${MINIMAL}${peers}`);
    expect(text).toContain("p2p.peers.1 (");
    expect(text).toContain(`names ${id}, which p2p.refuse refuses`);
    expect(text).not.toContain("cdcd");
  });

  it("refuses cluster ranges that are none", () => {
    const text = reason(`${MINIMAL}p2p: {clusterRanges: [10.0.0.0/8, 10.0.0.0/40, "fd00::/8"]}\n`);
    expect(text).toContain("p2p.clusterRanges.1 (");
    expect(text).toContain("is no range such as 10.0.0.0/8");
  });

  it("never shows a key that was put in place of a file name", () => {
    const text = reason(MINIMAL, { TIMECOIN_KEYS_VALIDATOR_KEY_FILE: SECRET });
    expect(text).toContain("looks like a key");
    expect(text).not.toContain(SECRET);
  });

  it("refuses or accepts any text for any leaf without throwing", () => {
    fc.assert(
      fc.property(fc.constantFrom(...CONFIG_LEAVES), fc.string(), ({ path }, text) => {
        const result = loadConfig({ env: {}, flags: new Map([[leaf(path), text]]), directory });
        expect(result.ok).toBe(false);
      }),
    );
  });
});

describe("describeConfig", () => {
  it("prints a file that loads as the same configuration", () => {
    const first = effective(load(`${MINIMAL}profile: Mainnet\nlog: {level: warn}\n`));
    const printed = describeConfig(first);
    expect(effective(load(printed)).config).toEqual(first.config);
    expect(printed).toContain("  level: warn");
  });

  it("masks what looks like a secret", () => {
    const { config, sources } = effective(load(MINIMAL));
    const rpc = { ...config.rpc, host: SECRET };
    const ops = { ...config.ops, host: "http://me:hunter2@host" };
    const printed = describeConfig({ config: { ...config, rpc, ops }, sources });
    expect(printed).not.toContain(SECRET);
    expect(printed).not.toContain("hunter2");
  });
});

describe("leaves", () => {
  it("gives every leaf a description, a variable and a flag of its own", () => {
    expect(CONFIG_LEAVES.length).toBeGreaterThan(30);
    for (const { description, path } of CONFIG_LEAVES) expect(description, path).not.toBe("");
    expect(new Set(CONFIG_LEAVES.map(({ variable }) => variable)).size).toBe(CONFIG_LEAVES.length);
    expect(new Set(CONFIG_LEAVES.map(({ flag }) => flag)).size).toBe(CONFIG_LEAVES.length);
    expect(leafAt("p2p.maxPerIp")).toMatchObject({
      variable: "TIMECOIN_P2P_MAX_PER_IP",
      flag: "--p2p-max-per-ip",
      kind: "integer",
      bounds: "1 to 1024",
      fallback: 8,
    });
    expect(leafAt("sync.trust")).toMatchObject({ flag: "--trust", inHelp: true });
    expect(CONFIG_LEAVES.filter(({ inHelp }) => inHelp)).toHaveLength(1);
  });
});
