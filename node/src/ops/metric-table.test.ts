import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { METRICS } from "./metric-table.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TYPES = { count: "counter", gauge: "gauge", observe: "histogram" } as const;

/** Every `metrics.count("name"` and the like of the node's sources. */
const CALLS = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .flatMap((path) => [
    ...readFileSync(join(ROOT, path), "utf8").matchAll(
      /metrics\s*\.(count|gauge|observe)\(\s*"([a-z0-9_]+)"/g,
    ),
  ])
  .map(([, call, name]) => ({ name, type: TYPES[call as keyof typeof TYPES] }));

it("lists no metric that nothing writes", () => {
  const written = new Set(CALLS.map(({ name }) => name));
  const never = METRICS.map(({ name }) => name).filter((name) => !written.has(name));
  expect(never).toEqual([]);
});

it("lists every metric that the node writes, as the kind it is written as", () => {
  expect(CALLS.length).toBeGreaterThan(3);
  const rows = new Map(METRICS.map(({ name, type }) => [name, type]));
  for (const { name, type } of CALLS) expect(rows.get(name ?? ""), name).toBe(type);
});
