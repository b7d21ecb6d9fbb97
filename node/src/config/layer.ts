// One layer of configuration: a tree of values and where each of them was written. Layers are laid
// over each other (file < environment < flags); objects are merged, everything else is replaced.
// Pure; the loader builds the layers, explain.ts asks them for the place of an error.

import type { ConfigLeaf } from "./leaves.ts";

export type Path = readonly PropertyKey[];
export type Tree = { [key: string]: unknown };

export interface ConfigLayer {
  readonly values: Tree;
  /** Directory from which the layer's relative paths start. */
  readonly directory: string;
  /** Where the value at `path` was written, or undefined where this layer does not set it. */
  locate(path: Path): string | undefined;
}

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at `path`, or undefined. */
export function valueAt(values: unknown, path: Path): unknown {
  let value = values;
  for (const key of path) {
    if (Array.isArray(value)) value = (value as readonly unknown[])[Number(key)];
    else if (isTree(value) && Object.hasOwn(value, key)) value = value[String(key)];
    else return undefined;
  }
  return value;
}

/** Lays `over` upon `base` and returns the new tree. Keys are data: `__proto__` is one like any. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  const merged = Object.assign(Object.create(null) as Tree, base);
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(value) ? mergeTrees(isTree(below) ? below : {}, value) : value;
  }
  return merged;
}

/** A value written as text (variable or flag) as its kind; what does not fit stays text. */
function valueOfText(leaf: ConfigLeaf, text: string): unknown {
  switch (leaf.kind) {
    case "integer":
    case "number":
      return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "list":
      return text === "" ? [] : text.split(",").map((item) => item.trim());
    case "string":
    default:
      return text;
  }
}

/** A layer of texts by leaf; `label` names the source of a leaf. */
export function textLayer(
  texts: ReadonlyMap<ConfigLeaf, string>,
  directory: string,
  label: (leaf: ConfigLeaf) => string,
): ConfigLayer {
  let values: Tree = {};
  const labels = new Map<string, string>();
  for (const [leaf, text] of texts) {
    const path = leaf.path.split(".");
    const nested = path.reduceRight<unknown>(
      (inner, key) => ({ [key]: inner }),
      valueOfText(leaf, text),
    );
    values = mergeTrees(values, nested as Tree);
    labels.set(leaf.path, label(leaf));
  }
  return {
    values,
    directory,
    // A list's element was written where the list was.
    locate: (path) => {
      for (let length = path.length; length > 0; length--) {
        const found = labels.get(path.slice(0, length).join("."));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
