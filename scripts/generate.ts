// Writes every generated file of the repository, or with --check says which of them are stale. One
// row of the table is one file: its path and what renders it. The code that owns a list owns its
// page; a file is never edited by hand. The test beside it fails where a checked-in file is stale.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { operatorFiles } from "../operator/generate.ts";
import { cliReference } from "./generators/cli-reference.ts";
import { configReference } from "./generators/config-reference.ts";
import { errorsReference } from "./generators/errors-reference.ts";
import { metricsReference } from "./generators/metrics-reference.ts";
import { rpcReference } from "./generators/rpc-reference.ts";
import { statusReference } from "./generators/status-reference.ts";

export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  readonly render: () => string | Promise<string>;
}

/** A new generated file is one row here. */
export const GENERATED_FILES: readonly GeneratedFile[] = [
  { path: "docs/reference/cli.md", render: cliReference },
  { path: "docs/reference/config.md", render: configReference },
  { path: "docs/reference/errors.md", render: errorsReference },
  { path: "docs/reference/metrics.md", render: metricsReference },
  { path: "docs/reference/rpc.md", render: rpcReference },
  { path: "docs/reference/status.md", render: statusReference },
  ...operatorFiles().map(({ path, text }) => ({ path, render: () => text })),
];

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

function current(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The files whose contents differ from what their owner renders, with that text. */
export async function staleFiles(
  files: readonly GeneratedFile[],
  root: string = ROOT,
): Promise<ReadonlyMap<string, string>> {
  const stale = new Map<string, string>();
  for (const { path, render } of files) {
    const text = await render();
    if (current(join(root, path)) !== text) stale.set(path, text);
  }
  return stale;
}

async function main(isCheck: boolean): Promise<number> {
  const stale = await staleFiles(GENERATED_FILES);
  for (const [path, text] of stale) {
    console.log(`${isCheck ? "stale" : "wrote"} ${path}`);
    if (isCheck) continue;
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
  if (stale.size === 0) console.log(`all ${GENERATED_FILES.length} generated files are fresh`);
  else if (isCheck) console.log("next: npm run gen, and commit the result");
  return isCheck && stale.size > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes("--check"));
