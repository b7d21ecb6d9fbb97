// A zod schema as rows of a table: one for each field, nested ones by their dotted path, elements of
// lists by []. What is shown is what a reader needs: type, bounds, default, meaning.

import { z } from "zod";

interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface FieldRow {
  readonly path: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly fallback: string;
  readonly description: string;
}

function typeOf(node: SchemaNode): string {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return node.enum.map((one) => JSON.stringify(one)).join(" or ");
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(" or ");
  if (node.type === "array")
    return `list of ${node.items === undefined ? "any" : typeOf(node.items)}`;
  if (node.pattern === "^[0-9a-f]{64}$") return "hash";
  const isSafeBound = node.maximum === undefined || node.maximum === Number.MAX_SAFE_INTEGER;
  const range = isSafeBound ? "" : ` ${node.minimum ?? 0} to ${node.maximum}`;
  return `${[node.type ?? "any"].flat().join(" or ")}${range}`;
}

/** What lies inside a node: of a list its elements, of alternatives the structured ones. */
function inner(
  node: SchemaNode,
): { readonly node: SchemaNode; readonly suffix: string } | undefined {
  if (node.properties !== undefined) return { node, suffix: "" };
  if (node.type === "array" && node.items !== undefined) {
    const element = inner(node.items);
    return element === undefined
      ? undefined
      : { node: element.node, suffix: `[]${element.suffix}` };
  }
  return node.anyOf?.map(inner).find((one) => one !== undefined);
}

function* walk(node: SchemaNode, prefix: string): Generator<FieldRow> {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const path = `${prefix}${name}`;
    yield {
      path,
      type: typeOf(child),
      isOptional: !(node.required?.includes(name) ?? false),
      fallback: child.default === undefined ? "" : JSON.stringify(child.default),
      description: child.description ?? "",
    };
    const nested = inner(child);
    if (nested !== undefined) yield* walk(nested.node, `${path}${nested.suffix}.`);
  }
}

export interface SchemaTable {
  readonly type: string;
  readonly description: string;
  readonly rows: readonly FieldRow[];
}

/** `io` says which side of defaults and transforms is shown. */
export function schemaTable(schema: z.ZodType, io: "input" | "output"): SchemaTable {
  const node = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as SchemaNode;
  const nested = inner(node);
  const rows =
    nested === undefined ? [] : [...walk(nested.node, nested.suffix === "" ? "" : "[].")];
  return { type: typeOf(node), description: node.description ?? "", rows };
}
