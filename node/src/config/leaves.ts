// The leaves of the configuration schema: one row each with its path, environment variable, flag,
// kind and description. Derived from the schema, so that variables, flags and the reference page
// can never lag behind it. Pure; used by the loader, the flags, describeConfig and the generator.

import { z } from "zod";
import { NodeConfigSchema } from "../config.ts";

type LeafKind = "string" | "integer" | "number" | "boolean" | "list";

export interface ConfigLeaf {
  /** Dotted, e.g. `rpc.maxBodyBytes`. */
  readonly path: string;
  /** E.g. `TIMECOIN_RPC_MAX_BODY_BYTES`. */
  readonly variable: string;
  /** E.g. `--rpc-max-body-bytes`; the schema may name a shorter one. */
  readonly flag: string;
  /** `--help` lists the flag. The others stand on the reference page only. */
  readonly inHelp: boolean;
  readonly kind: LeafKind;
  readonly description: string;
  readonly required: boolean;
  /** Undefined where there is none, or where it depends on the profile. */
  readonly fallback: unknown;
  /** Allowed values or range, for people; empty where any value of the kind will do. */
  readonly bounds: string;
  /** The value names a file or directory. */
  readonly isPath: boolean;
}

/** What is read of the JSON Schema that zod makes. */
interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly file?: boolean;
  readonly flag?: string;
}

const KINDS: Readonly<Record<string, LeafKind>> = {
  string: "string",
  integer: "integer",
  number: "number",
  boolean: "boolean",
  array: "list",
};

/** `["rpc", "maxBodyBytes"]` with "_" in between, words split: rpc_max_body_bytes. */
const joinWords = (path: readonly string[], separator: string): string =>
  path
    .map((part) => part.replace(/[A-Z]/g, (letter) => separator + letter.toLowerCase()))
    .join(separator);

function boundsOf(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.join(", ");
  if (node.maxItems !== undefined) return `at most ${node.maxItems}`;
  if (node.minimum !== undefined && node.maximum !== undefined) {
    return `${node.minimum} to ${node.maximum}`;
  }
  return "";
}

function* walk(node: SchemaNode, path: readonly string[]): Generator<ConfigLeaf> {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const childPath = [...path, name];
    if (child.properties !== undefined) {
      yield* walk(child, childPath);
      continue;
    }
    yield {
      path: childPath.join("."),
      variable: `TIMECOIN_${joinWords(childPath, "_").toUpperCase()}`,
      flag: child.flag ?? `--${joinWords(childPath, "-")}`,
      inHelp: child.flag !== undefined,
      kind: KINDS[child.type ?? "string"] ?? "string",
      description: child.description ?? "",
      required: node.required?.includes(name) ?? false,
      fallback: child.default,
      bounds: boundsOf(child),
      isPath: child.file === true,
    };
  }
}

/** All leaves, in the schema's order. */
export const CONFIG_LEAVES: readonly ConfigLeaf[] = [
  ...walk(z.toJSONSchema(NodeConfigSchema, { io: "input" }) as SchemaNode, []),
];

/** The leaf of a dotted path. */
export const leafAt = (path: string): ConfigLeaf | undefined =>
  CONFIG_LEAVES.find((leaf) => leaf.path === path);
