import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { GENERATED_FILES, staleFiles } from "./generate.ts";

it("finds every checked-in file fresh (npm run gen writes them)", async () => {
  expect([...(await staleFiles(GENERATED_FILES)).keys()]).toEqual([]);
});

it("names each file once", () => {
  const paths = GENERATED_FILES.map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
});

it("finds a changed and a missing file", async () => {
  const root = mkdtempSync(join(tmpdir(), "timecoin-generate-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "a"));
  writeFileSync(join(root, "a/fresh.md"), "same");
  writeFileSync(join(root, "a/changed.md"), "old");
  const files = [
    { path: "a/fresh.md", render: () => "same" },
    { path: "a/changed.md", render: async () => "new" },
    { path: "a/missing.md", render: () => "new" },
  ];
  expect([...(await staleFiles(files, root)).keys()]).toEqual(["a/changed.md", "a/missing.md"]);
});
