// What a long benchmark found, kept under ~/.cache/timecoin so that a second benchmark can report from the very same
// runs. The key is a hash of every source the runs depend on: after any change there is no record.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fromRoot } from "../tools/network/product-images.ts";
import type { SimulationCounts } from "./simulations.ts";

/** Everything that decides how a simulated run goes. */
const SOURCES = ["node/sim", "node/src"];

const folder = (): string => process.env["TIMECOIN_CACHE"] ?? join(homedir(), ".cache", "timecoin");

/** A hash over the sources' paths and bytes, tests aside. */
export function sourceHash(): string {
  const hash = createHash("sha256");
  for (const root of SOURCES) {
    const files = readdirSync(fromRoot(root), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .sort();
    for (const file of files)
      hash.update(`${root}/${file}\0`).update(readFileSync(fromRoot(root, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

const fileOf = (scale: number): string =>
  join(folder(), `sim-safety-${sourceHash()}-${scale}.json`);

/** What these very sources did at this scale, or undefined. */
export function recordedRuns(scale: number): SimulationCounts | undefined {
  const file = fileOf(scale);
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")) as SimulationCounts;
}

export function recordRuns(scale: number, counts: SimulationCounts): void {
  mkdirSync(folder(), { recursive: true });
  writeFileSync(fileOf(scale), JSON.stringify(counts));
}
