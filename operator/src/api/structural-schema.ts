/**
 * From zod's JSON schema to a structural schema as Kubernetes asks for it (KEP-2335): no
 * additionalProperties beside properties, no `$ref`, no junctors with types, every string, array and
 * map bounded so that the cost of CEL rules can be estimated. `structuralFaults` checks the result
 * again, independently of how it was made. Used by crd.ts.
 */
import { z } from "zod";

export type Schema = { readonly [keyword: string]: unknown };

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The structural schema of a zod type, as users may write it (defaults are optional). */
export function structuralSchemaOf(type: z.ZodType): Schema {
  return normalised(z.toJSONSchema(type, { target: "openapi-3.0", io: "input" }));
}

function normalised(schema: Schema): Schema {
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "$schema") continue;
    // Pruning is the API server's; beside `properties` the keyword is forbidden.
    if (keyword === "additionalProperties" && value === false) continue;
    if ((keyword === "minimum" || keyword === "maximum") && !isUseful(value)) continue;
    result[keyword] = normalisedKeyword(keyword, value);
  }
  return "default" in result ? { ...result, default: completed(result) } : result;
}

/**
 * The default of an object with the defaults of its fields spelled out: the API server runs CEL rules
 * over the default as it stands, before any nested default is filled in.
 */
function completed(schema: Schema): unknown {
  const { default: value, properties } = schema;
  if (!isSchema(value) || !isSchema(properties)) return value;
  const filled = Object.entries(properties).flatMap(([name, property]) =>
    name in value || !isSchema(property) || !("default" in property)
      ? []
      : [[name, completed(property)]],
  );
  return { ...Object.fromEntries(filled), ...value };
}

/** zod bounds every integer by what a double holds; Kubernetes has int64. */
const isUseful = (bound: unknown) =>
  typeof bound === "number" && Math.abs(bound) < Number.MAX_SAFE_INTEGER;

function normalisedKeyword(keyword: string, value: unknown): unknown {
  if (keyword === "properties" && isSchema(value)) {
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([name, s]) => [name, normalised(s as Schema)]));
  }
  if ((keyword === "items" || keyword === "additionalProperties") && isSchema(value)) {
    return normalised(value);
  }
  return value;
}

const KEYWORDS = new Set([
  "type",
  "format",
  "description",
  "default",
  "enum",
  "pattern",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "maxProperties",
  "properties",
  "required",
  "items",
  "additionalProperties",
  "x-kubernetes-validations",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
]);

/** Every reason why `schema` is not structural or not bounded, with its path; empty means sound. */
export function structuralFaults(schema: Schema, path = "schema"): string[] {
  const unknown = Object.keys(schema).filter((keyword) => !KEYWORDS.has(keyword));
  const faults = unknown.map((keyword) => `${path}: ${keyword} is not allowed`);
  const { type } = schema;
  if (type === "object") return [...faults, ...objectFaults(schema, path)];
  if (type === "array") return [...faults, ...arrayFaults(schema, path)];
  if (type === "string") {
    const bounded = "maxLength" in schema || "enum" in schema;
    return bounded ? faults : [...faults, `${path}: a string needs maxLength or enum`];
  }
  if (type === "integer" || type === "boolean") return faults;
  return [...faults, `${path}: type ${String(type)} is not allowed`];
}

function objectFaults(schema: Schema, path: string): string[] {
  const { properties, additionalProperties } = schema;
  if (!isSchema(properties)) return [`${path}: an object needs properties`];
  const faults = additionalProperties === undefined ? [] : [`${path}: both kinds of properties`];
  for (const [name, property] of Object.entries(properties)) {
    faults.push(...structuralFaults(property as Schema, `${path}.${name}`));
  }
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  for (const name of required) {
    if (!(String(name) in properties)) faults.push(`${path}: requires unknown ${String(name)}`);
    const property = properties[String(name)];
    if (isSchema(property) && "default" in property) {
      faults.push(`${path}.${String(name)}: required although it has a default`);
    }
  }
  return faults;
}

function arrayFaults(schema: Schema, path: string): string[] {
  const { items } = schema;
  if (!isSchema(items)) return [`${path}: an array needs items`];
  const faults = structuralFaults(items, `${path}[]`);
  if (!("maxItems" in schema)) faults.push(`${path}: an array needs maxItems`);
  if (schema["x-kubernetes-list-type"] !== "map") return faults;
  const keys = schema["x-kubernetes-list-map-keys"];
  const required = Array.isArray(items["required"]) ? items["required"] : [];
  for (const key of Array.isArray(keys) ? keys : []) {
    if (!required.includes(key)) faults.push(`${path}: its key ${String(key)} must be required`);
  }
  return faults;
}
