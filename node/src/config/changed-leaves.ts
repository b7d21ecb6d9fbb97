// Which keys differ between two configurations, by their dotted paths. Pure; used where a running node reads
// its configuration again.

import type { NodeConfig } from "../config.ts";
import { CONFIG_LEAVES } from "./leaves.ts";

const valueAt = (config: NodeConfig, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>((tree, key) => (tree as Record<string, unknown> | undefined)?.[key], config);

export const changedLeaves = (before: NodeConfig, after: NodeConfig): readonly string[] =>
  CONFIG_LEAVES.map(({ path }) => path).filter(
    (path) => JSON.stringify(valueAt(before, path)) !== JSON.stringify(valueAt(after, path)),
  );
