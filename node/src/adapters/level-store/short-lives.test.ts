import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { close, initialise } from "../../../test/store-commits.ts";
import { openLevelStore } from "./open.ts";
import { beginLife } from "./short-lives.ts";

const directories: string[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function newPlace(): string {
  const directory = mkdtempSync(join(tmpdir(), "timecoin-lives-"));
  directories.push(directory);
  return join(directory, "chain");
}

it("counts lives that neither end in order nor last", () => {
  const place = newPlace();
  expect([1, 2, 3].map(() => beginLife(place).shortBefore)).toEqual([0, 1, 2]);
  beginLife(place).end();
  expect(beginLife(place).shortBefore).toBe(0);
});

it("forgets them once a life has lasted a minute", () => {
  vi.useFakeTimers();
  const place = newPlace();
  beginLife(place);
  expect(beginLife(place).shortBefore).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(beginLife(place).shortBefore).toBe(0);
});

it("takes a file that says nothing for none", () => {
  const place = newPlace();
  for (const text of ["", "-3", "many", "1e99"]) {
    writeFileSync(`${place}.short-lives`, text);
    expect(beginLife(place).shortBefore).toBe(0);
  }
});

it("a store says how many, and leaves nothing beside it when it is closed", async () => {
  const place = newPlace();
  beginLife(place);
  beginLife(place);
  const store = await openLevelStore({ directory: place });
  await initialise(store);
  expect(store.shortLivesBefore).toBe(2);
  await close(store);
  expect(readdirSync(join(place, "..")).filter((name) => name !== "chain")).toEqual([]);
  expect(existsSync(place)).toBe(true);
});
