// Power loss while a batch is on its way to the disk: the database's log ends anywhere within it. The
// store must open at the block before or at the block itself, whole under the full audit, which is what
// its twin in memory (memory-store.ts) and the simulator's crash points take for granted.

import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ledgerWorld, payAll } from "../../../test/ledger-fixtures.ts";
import { close, commit, initialise, nextCommit } from "../../../test/store-commits.ts";
import { invariant } from "../../types/errors.ts";
import { openLevelStore } from "./open.ts";

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "timecoin-torn-"));
  directories.push(directory);
  return directory;
}

function logOf(directory: string): string {
  const name = readdirSync(directory).find((file) => /^\d+\.log$/.test(file));
  invariant(name !== undefined, "a database has a log");
  return join(directory, name);
}

/** As the power left it: a copy of the open database, its log cut to `sizeBytes`. */
function copyCut(directory: string, sizeBytes: number): string {
  const copy = join(newDirectory(), "chain");
  cpSync(directory, copy, { recursive: true });
  truncateSync(logOf(copy), sizeBytes);
  return copy;
}

describe("LevelStore after power loss within a batch", () => {
  it("is at the block before or at the block, whole, wherever its log ends", async () => {
    const directory = join(newDirectory(), "chain");
    const store = await openLevelStore({ directory });
    await initialise(store);
    const coins = ledgerWorld().utxos;
    await commit(store, nextCommit(store, [payAll(coins.slice(0, 1), 1)]));
    const beforeBytes = statSync(logOf(directory)).size;
    await commit(store, nextCommit(store, [payAll(coins.slice(1, 3), 2)]));
    const afterBytes = statSync(logOf(directory)).size;
    const copies: { readonly cut: number; readonly copy: string }[] = [];
    for (let i = 0; i <= 24; i++) {
      const cut = beforeBytes + Math.round(((afterBytes - beforeBytes) * i) / 24);
      copies.push({ cut, copy: copyCut(directory, cut) });
    }
    await close(store);
    for (const { cut, copy } of copies) {
      const again = await openLevelStore({ directory: copy, audit: "full" });
      const height = again.head()?.height;
      expect([cut, height]).toEqual([cut, cut === afterBytes ? 2 : 1]);
      // And it goes on from there.
      await commit(again, nextCommit(again));
      expect(again.head()?.height).toBe((height ?? 0) + 1);
      await close(again);
    }
  });
});
