import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { createLog, type NodeLog } from "../adapters/log.ts";
import { type NodeConfig, type NodeConfigInput, NodeConfigSchema } from "../config.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import { ConfigReload } from "./reload.ts";

const directory = mkdtempSync(join(tmpdir(), "timecoin-reload-"));
afterAll(() => rmSync(directory, { recursive: true }));
const tokenFile = join(directory, "token");
const [FIRST, SECOND] = ["1".repeat(32), "2".repeat(32)];

const configOf = (more: Partial<NodeConfigInput>): NodeConfig =>
  NodeConfigSchema.parse({
    dataDir: "/data",
    genesisFile: "/genesis.json",
    keys: { nodeKeyFile: "/key.json" },
    admin: { tokenFile },
    ...more,
  });

let written: Result<NodeConfig>;
let lines: string[];
let log: NodeLog;

beforeEach(() => {
  lines = [];
  written = ok(configOf({}));
  writeFileSync(tokenFile, FIRST);
  chmodSync(tokenFile, 0o600);
  log = createLog({
    level: "info",
    format: "json",
    stream: { write: (line: string) => void lines.push(line) },
  });
});

const started = (): ConfigReload =>
  new ConfigReload({ config: configOf({}), readConfig: () => written, log });

it("applies log level and token, to logs that exist already, and names the rest", () => {
  const part = log.child({ part: "rpc" });
  const reload = started();
  written = ok(configOf({ log: { level: "debug" }, rpc: { maxBatch: 11 } }));
  writeFileSync(tokenFile, `${SECOND}\n`);
  expect(reload.reload()).toMatchObject({
    ok: true,
    value: { applied: ["admin.tokenFile", "log.level"], needRestart: ["rpc.maxBatch"] },
  });
  part.debug({}, "seen");
  expect(lines.some((line) => line.includes('"seen"'))).toBe(true);
  expect(reload.token?.isShownBy(`Bearer ${SECOND}`)).toBe(true);
  expect(reload.token?.isShownBy(`Bearer ${FIRST}`)).toBe(false);
  expect(lines.join()).not.toContain(SECOND);
});

it("names the token only where it is another one, and warns where everybody can read it", () => {
  chmodSync(tokenFile, 0o644);
  const reload = started();
  expect(lines.join()).toContain(`${tokenFile} can be read by every user: chmod 600`);
  expect(reload.reload()).toMatchObject({ ok: true, value: { applied: [], needRestart: [] } });
});

it("does not wait for a pipe that nobody writes to", () => {
  const reload = started();
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);
  written = ok(configOf({ admin: { tokenFile: pipe } }));
  expect(reload.reload()).toMatchObject({
    code: "ADMIN_TOKEN_FILE",
    reason: `${pipe}: it is not a plain file`,
  });
});

it("changes nothing where the configuration or the token is refused", () => {
  const reload = started();
  written = fail("CONFIG_INVALID", "rcp: unknown key");
  expect(reload.reload()).toMatchObject({ ok: false, code: "CONFIG_INVALID" });
  expect(lines.join()).toContain("rcp: unknown key; the node goes on as it was");
  written = ok(configOf({ log: { level: "debug" } }));
  writeFileSync(tokenFile, "short");
  expect(reload.reload()).toMatchObject({ ok: false, code: "ADMIN_TOKEN_FILE" });
  expect(log.level()).toBe("info");
  expect(reload.token?.isShownBy(`Bearer ${FIRST}`)).toBe(true);
});

it("refuses to begin without a token in the file that is named", () => {
  writeFileSync(tokenFile, "short");
  expect(started).toThrow(expect.objectContaining({ code: "ADMIN_TOKEN_FILE" }));
});
