import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { fakeGenesis, NODE, RICH, VALIDATOR } from "../../test/fake-node-facts.ts";
import { NodeConfigSchema } from "../config.ts";
import { formatSeed } from "../crypto/key-file.ts";
import { type KeyPair, nodeIdOf } from "../crypto/pure-keys.ts";
import { checkOwnKeys } from "./own-keys.ts";

const directory = mkdtempSync(join(tmpdir(), "timecoin-keys-"));
afterAll(() => rmSync(directory, { recursive: true }));

let warned: object[];
beforeEach(() => {
  warned = [];
});

const ignore = (): void => {};
const log = {
  debug: ignore,
  info: ignore,
  error: ignore,
  warn: (fields: object) => warned.push(fields),
};

function check(validator: KeyPair | undefined, node: KeyPair, mode = 0o600): void {
  const write = (name: string, { seed }: KeyPair): string => {
    const path = join(directory, name);
    rmSync(path, { force: true });
    writeFileSync(path, formatSeed(seed), { mode });
    return path;
  };
  const validatorKeyFile = validator === undefined ? undefined : write("validator.json", validator);
  const keys = { validatorKeyFile, nodeKeyFile: write("node.json", node) };
  const files = { dataDir: directory, genesisFile: "genesis.json" };
  checkOwnKeys(NodeConfigSchema.parse({ ...files, keys }), fakeGenesis(), log);
}

it("is content with both keys of one member, and with a node that has no validator key", () => {
  check(VALIDATOR, NODE);
  check(undefined, RICH);
  expect(warned).toEqual([]);
});

it("refuses a validator key beside the node key of another member, and names both", () => {
  expect(() => check(VALIDATOR, RICH)).toThrow(
    expect.objectContaining({
      code: "KEY_PAIR_MISMATCH",
      message: expect.stringMatching(`${nodeIdOf(NODE.publicKey)}.*${nodeIdOf(RICH.publicKey)}`),
    }),
  );
});

it("warns of a key without a vote, and of each file that everybody can read", () => {
  check(RICH, NODE);
  check(VALIDATOR, NODE, 0o644);
  const codes = warned.map((fields) => (fields as { code: string }).code);
  expect(codes).toEqual(["KEY_NOT_VALIDATOR", "KEY_FILE_OPEN", "KEY_FILE_OPEN"]);
  check(undefined, NODE, 0o644);
  expect(warned.at(-1)).toMatchObject({ code: "KEY_FILE_OPEN" });
});

it.each(["validatorKeyFile", "nodeKeyFile"])("names the %s that is not there", (missing) => {
  const there = join(directory, "node.json");
  writeFileSync(there, formatSeed(NODE.seed), { mode: 0o600 });
  const files = { dataDir: directory, genesisFile: "genesis.json" };
  const named = {
    validatorKeyFile: there,
    nodeKeyFile: there,
    [missing]: join(directory, "none.json"),
  };
  const config = NodeConfigSchema.parse({ ...files, keys: named });
  expect(() => checkOwnKeys(config, fakeGenesis(), log)).toThrow(
    expect.objectContaining({ code: "KEY_FILE_UNREADABLE" }),
  );
});
