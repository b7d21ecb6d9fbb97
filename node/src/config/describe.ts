// The effective configuration as YAML, each line with where it came from: what `timed config` prints.
// Anything that looks like a key or a token is masked, although the schema asks only for file names.
// Pure.

import { stringify } from "yaml";
import { valueAt } from "./layer.ts";
import { CONFIG_LEAVES } from "./leaves.ts";
import type { LoadedConfig } from "./load.ts";

const SECRET_SHAPE = /[0-9a-fA-F]{64,}|eyJ[\w-]{10,}\.[\w-]+\.[\w-]+/g;
/** user:password@ of a URL or address. */
const CREDENTIALS = /\/\/[^/\s:@]+:[^/\s@]+@/g;
const COMMENT_COLUMN = 48;

/** `text` with everything that has the shape of a secret replaced by ******. */
const maskSecrets = (text: string): string =>
  text.replace(SECRET_SHAPE, "******").replace(CREDENTIALS, "//******@");

/** YAML that loads again as the same configuration (but for masked secrets). */
export function describeConfig({ config, sources }: LoadedConfig): string {
  const lines: string[] = [];
  let section = "";
  for (const leaf of CONFIG_LEAVES) {
    const [head = "", tail] = leaf.path.split(".");
    const value = valueAt(config, leaf.path.split("."));
    const name = tail ?? head;
    const indent = tail === undefined ? "" : "  ";
    if (tail !== undefined && head !== section) lines.push(`${head}:`);
    section = tail === undefined ? "" : head;
    const text = value === undefined ? `# ${name}: (not set)` : `${name}: ${flow(value)}`;
    const source = sources.get(leaf.path) ?? "default";
    lines.push(`${`${indent}${text}`.padEnd(COMMENT_COLUMN)}  # ${source}`);
  }
  return `${maskSecrets(lines.join("\n"))}\n`;
}

/** A scalar or list on one line. */
const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
