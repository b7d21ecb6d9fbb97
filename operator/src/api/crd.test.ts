import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { operatorFiles } from "../../generate.ts";
import { crdOf, DEFINITIONS, generateCrds } from "./crd.ts";
import { parseNetwork } from "./network.ts";
import { durationMs, quantityBytes } from "./quantity.ts";
import { type Schema, structuralFaults, structuralSchemaOf } from "./structural-schema.ts";

const root = new URL("../../../", import.meta.url);

/** The paths of all fields without a description. */
function fieldsWithoutMeaning(schema: Schema, path: string): string[] {
  const { items } = schema as { readonly items?: Schema };
  const { properties = {} } = (items ?? schema) as { readonly properties?: Record<string, Schema> };
  return Object.entries(properties).flatMap(([name, child]) => [
    ...(typeof child["description"] === "string" ? [] : [`${path}.${name}`]),
    ...fieldsWithoutMeaning(child, `${path}.${name}`),
  ]);
}

describe("generated files", () => {
  it.each(operatorFiles())("$path is what the schemas say", ({ path, text }) => {
    expect(readFileSync(new URL(path, root), "utf8")).toBe(text);
  });

  it("keep their CRDs when the chart is removed", () => {
    const copies = operatorFiles().filter(({ path }) => path.startsWith("charts/"));
    expect(copies).toHaveLength(generateCrds().length);
    for (const { text } of copies) expect(text).toContain("helm.sh/resource-policy: keep");
  });
});

describe("structural schemas", () => {
  it.each(DEFINITIONS)("$kind is structural and bounded", (definition) => {
    expect(structuralFaults(definition.spec)).toEqual([]);
    expect(structuralFaults(definition.status)).toEqual([]);
  });

  it.each([
    ["an unbounded string", z.object({ a: z.string() }), "a: a string needs maxLength or enum"],
    ["an unbounded list", z.object({ a: z.array(z.boolean()) }), "a: an array needs maxItems"],
    ["a union", z.object({ a: z.union([z.boolean(), z.int()]) }), "a: anyOf is not allowed"],
    [
      "an object of anything",
      z.object({ a: z.record(z.string(), z.boolean()) }),
      "a: an object needs properties",
    ],
  ])("find %s", (_, type, fault) => {
    expect(structuralFaults(structuralSchemaOf(type), "x")).toContain(`x.${fault}`);
  });

  it.each(DEFINITIONS)("$kind says of every field what it means", ({ spec, status }) => {
    expect([
      ...fieldsWithoutMeaning(spec, "spec"),
      ...fieldsWithoutMeaning(status, "status"),
    ]).toEqual([]);
  });

  it("refuse to become a CRD with a fault", () => {
    const [definition] = DEFINITIONS;
    if (definition === undefined) throw new Error("no definition");
    const spec = structuralSchemaOf(z.object({ a: z.string() }));
    expect(() => crdOf({ ...definition, spec })).toThrow(RangeError);
  });

  it("spell out nested defaults, over which the API server runs its rules", () => {
    const resources = { requests: z.object({ cpu: z.enum(["1"]).default("1") }).prefault({}) };
    const schema = structuralSchemaOf(z.object({ a: z.object(resources).prefault({}) }));
    expect(schema).toMatchObject({ properties: { a: { default: { requests: { cpu: "1" } } } } });
  });
});

describe("parseNetwork", () => {
  it("names what is wrong and where", () => {
    const parsed = parseNetwork({ metadata: { name: "x" }, spec: {} });
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.reason).toContain("metadata.namespace");
  });
});

describe("quantities", () => {
  it.each([
    ["96Mi", 96 * 1024 * 1024],
    ["1G", 1e9],
    ["512", 512],
  ])("%s is %i bytes", (text, bytes) => expect(quantityBytes(text)).toBe(bytes));

  it.each([
    ["250ms", 250],
    ["5s", 5_000],
    ["2m", 120_000],
  ])("%s is %i ms", (text, milliseconds) => expect(durationMs(text)).toBe(milliseconds));

  it.each(["", "Mi", "-1", "1.5Gi", "1Xi"])("%j is no quantity", (text) => {
    expect(() => quantityBytes(text)).toThrow(RangeError);
    expect(() => durationMs(text)).toThrow(RangeError);
  });
});
