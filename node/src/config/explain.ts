// Turns the schema's issues into lines a person can act on: the key, where it was written, what is
// wrong, and the key that was probably meant. A value is shown only where it cannot be a secret.
// Pure; called by load.ts.

import type { z } from "zod";
import { closest } from "../types/errors/closest.ts";
import { type ConfigLayer, type Path, valueAt } from "./layer.ts";
import { CONFIG_LEAVES, leafAt } from "./leaves.ts";

type Issue = z.core.$ZodIssue;

/** Where the last layer that sets `path` wrote it. Layers are in rising order of precedence. */
export function sourceOf(layers: readonly ConfigLayer[], path: Path): string | undefined {
  return layers.reduce<string | undefined>(
    (found, layer) => layer.locate(path) ?? found,
    undefined,
  );
}

/** Keys that exist beside `path`'s parent: sections and leaves. */
function siblings(parent: string): readonly string[] {
  const prefix = parent === "" ? "" : `${parent}.`;
  const inside = CONFIG_LEAVES.filter(({ path }) => path.startsWith(prefix));
  return [...new Set(inside.map(({ path }) => path.slice(prefix.length).split(".")[0] ?? ""))];
}

function suggestion(parent: string, key: string): string {
  const near = closest(key, siblings(parent));
  if (near !== undefined) return `; did you mean ${near}?`;
  const elsewhere = CONFIG_LEAVES.find(({ path }) => path.split(".").at(-1) === key);
  return elsewhere === undefined ? "" : `; did you mean ${elsewhere.path}?`;
}

function describeIssue(issue: Issue, value: unknown, isShown: boolean): string {
  const got = isShown && typeof value !== "object" ? `, got ${JSON.stringify(value)}` : "";
  const message = issue.message.replace(/^Invalid (input|option|string): /, "");
  const plain = message.replace(/, received .*$/, "").replace(/^Too (small|big): /, "");
  return `${plain}${got}`;
}

/** The required leaves at or below a path that has no value, each with the ways to set it. */
function missing(path: string, source: string | undefined): readonly string[] {
  const where = source === undefined ? "" : ` (${source})`;
  return CONFIG_LEAVES.filter((leaf) => leaf.required)
    .filter((leaf) => leaf.path === path || leaf.path.startsWith(`${path}.`))
    .map(
      ({ path: name, variable, flag }) =>
        `${name}${where}: is required (set it in the file, as ${variable} or ${flag})`,
    );
}

/** One line for each problem, in the order of the schema. */
export function explainIssues(
  issues: readonly Issue[],
  values: unknown,
  layers: readonly ConfigLayer[],
): readonly string[] {
  return issues.flatMap((issue) => {
    const path = issue.path.join(".");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => {
        const source = sourceOf(layers, [...issue.path, key]);
        const name = path === "" ? key : `${path}.${key}`;
        const where = source === undefined ? "" : ` (${source})`;
        return `${name}${where}: unknown key${suggestion(path, key)}`;
      });
    }
    const value = valueAt(values, issue.path);
    if (value === undefined) return missing(path, sourceOf(layers, issue.path));
    const leaf = leafAt(issue.path.filter((part) => typeof part === "string").join("."));
    const source = sourceOf(layers, issue.path);
    const where = source === undefined ? "" : ` (${source})`;
    const reason = describeIssue(issue, value, leaf !== undefined && !leaf.isPath);
    return [`${path}${where}: ${reason}`];
  });
}
