/** docs/reference/crd.md: every field of the custom resources, from the same schemas as the CRDs. */
import { DEFINITIONS } from "./crd.ts";
import type { Schema } from "./structural-schema.ts";

interface Row {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
  /** What the API server says where a rule is broken. */
  readonly refusals: readonly string[];
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The page as Markdown. */
export function crdReference(): string {
  const sections = DEFINITIONS.map(({ kind, shortNames, description, spec, status, rules }) => {
    const rows = [...rowsOf(spec, "spec"), ...rowsOf(status, "status")];
    const lines = rows.map(
      ({ path, type, fallback, meaning, refusals }) =>
        `| \`${path}\` | ${type} | ${fallback} | ${meaning} | ${refusals.join("; ")} |`,
    );
    return [
      `## ${kind} (${shortNames.join(", ")})`,
      description,
      "",
      ...rules.map(({ message }) => `Rule: ${message}.\n`),
      "| field | type | default | meaning | rule |",
      "|---|---|---|---|---|",
      ...lines,
      "",
    ].join("\n");
  });
  return [
    "# Custom resources, timecoin.dev/v1alpha1",
    "",
    "Generated from operator/src/api; do not edit. The API server refuses or prunes a field that is not listed, and refuses an object that breaks a rule.",
    "",
    ...sections,
  ].join("\n");
}

function rowsOf(schema: Schema, path: string): Row[] {
  const row = {
    path,
    type: typeText(schema),
    fallback: defaultText(schema),
    meaning: typeof schema["description"] === "string" ? cell(schema["description"]) : "",
    refusals: refusalsOf(schema),
  };
  const own = path.includes(".") ? [row] : [];
  const { properties, items } = schema;
  if (isSchema(properties)) return [...own, ...childRows(properties, path)];
  if (!isSchema(items)) return own;
  const inner = items["properties"];
  return isSchema(inner) ? [...own, ...childRows(inner, `${path}[]`)] : own;
}

const childRows = (properties: Schema, path: string): Row[] =>
  Object.entries(properties).flatMap(([name, child]) =>
    isSchema(child) ? rowsOf(child, `${path}.${name}`) : [],
  );

function typeText(schema: Schema): string {
  const { type, minimum, maximum, maxItems } = schema;
  const choices = schema["enum"];
  if (Array.isArray(choices)) return choices.join(", ");
  if (type === "array") return `list, at most ${figure(maxItems)}`;
  const bounds =
    minimum === undefined && maximum === undefined ? "" : ` ${figure(minimum)}..${figure(maximum)}`;
  return `${typeof type === "string" ? type : ""}${bounds}`;
}

const figure = (value: unknown) => (typeof value === "number" ? value.toString() : "");

function defaultText(schema: Schema): string {
  const { default: value, properties } = schema;
  return value === undefined || isSchema(properties) ? "" : `\`${JSON.stringify(value)}\``;
}

function refusalsOf(schema: Schema): string[] {
  const rules = schema["x-kubernetes-validations"];
  return Array.isArray(rules)
    ? rules.filter(isSchema).map((rule) => cell(String(rule["message"])))
    : [];
}

const cell = (text: string) => text.replaceAll("|", "\\|");
