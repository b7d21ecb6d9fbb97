// Reads the configuration: defaults < YAML file < environment < flags, then the schema. Refuses as a
// whole, naming every problem with its place; nothing is half applied. The adapter side of config.ts;
// the daemon and `timed config` call it.

import { dirname, resolve } from "node:path";
import { readPlainFile } from "../adapters/bounded-read.ts";
import { type NodeConfig, NodeConfigSchema } from "../config.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import { CONFIG_FILE_VARIABLE, environmentLayer } from "./environment-layer.ts";
import { explainIssues, sourceOf } from "./explain.ts";
import { type ConfigLayer, mergeTrees, type Tree, textLayer } from "./layer.ts";
import { CONFIG_LEAVES, type ConfigLeaf } from "./leaves.ts";
import { MAX_CONFIG_FILE_BYTES, yamlLayer } from "./yaml-layer.ts";

export type ConfigErrorCode = "CONFIG_INVALID" | "CONFIG_UNREADABLE";

export interface ConfigRequest {
  /** Path of the YAML file; else TIMECOIN_CONFIG; else there is none. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Texts by leaf, from configFlags. */
  readonly flags?: ReadonlyMap<ConfigLeaf, string>;
  /** Where relative paths of variables, flags and `file` itself start. */
  readonly directory: string;
}

export interface LoadedConfig {
  readonly config: NodeConfig;
  /** Where each leaf that is not a default was written, by dotted path. */
  readonly sources: ReadonlyMap<string, string>;
}

function readLayer(file: string, directory: string): Result<ConfigLayer, ConfigErrorCode> {
  const path = resolve(directory, file);
  let text: string;
  try {
    text = readPlainFile(path, MAX_CONFIG_FILE_BYTES).toString("utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail("CONFIG_UNREADABLE", `${path}: ${reason}`);
  }
  return yamlLayer(text, path, dirname(path));
}

/** Makes the paths of one layer absolute, so that the layers can be merged. */
function resolvePaths(layer: ConfigLayer): Tree {
  let values = layer.values;
  for (const leaf of CONFIG_LEAVES) {
    if (!leaf.isPath) continue;
    const keys = leaf.path.split(".");
    const value = keys.reduce<unknown>((tree, key) => (tree as Tree | undefined)?.[key], values);
    // A text that looks like a key stays as it is: the schema refuses it, and no path shows it.
    if (typeof value !== "string" || value === "" || /^[0-9a-fA-F]{64}$/.test(value)) continue;
    const absolute = resolve(layer.directory, value);
    values = mergeTrees(
      values,
      keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), absolute) as Tree,
    );
  }
  return values;
}

/** The effective configuration, or every reason why there is none, one a line. */
export function loadConfig(request: ConfigRequest): Result<LoadedConfig, ConfigErrorCode> {
  const { env, directory } = request;
  const layers: ConfigLayer[] = [];
  const file = request.file ?? env[CONFIG_FILE_VARIABLE];
  if (file !== undefined) {
    const layer = readLayer(file, directory);
    if (!layer.ok) return layer;
    layers.push(layer.value);
  }
  const environment = environmentLayer(env, directory);
  if (!environment.ok) return environment;
  const flags = textLayer(request.flags ?? new Map(), directory, ({ flag }) => `flag ${flag}`);
  layers.push(environment.value, flags);

  const values = layers.map(resolvePaths).reduce(mergeTrees, {});
  const parsed = NodeConfigSchema.safeParse(values);
  if (!parsed.success) {
    const lines = explainIssues(parsed.error.issues, values, layers);
    return fail("CONFIG_INVALID", lines.join("\n"));
  }
  const sources = new Map<string, string>();
  for (const { path } of CONFIG_LEAVES) {
    const source = sourceOf(layers, path.split("."));
    if (source !== undefined) sources.set(path, source);
  }
  return ok({ config: parsed.data, sources });
}
