// The YAML file as a configuration layer. Knows the line and column of every key, so that an error
// points at the place to edit. Aliases are refused: they could make values without end. Pure (text
// in, layer out); called by load.ts.

import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import { fail, ok, type Result } from "../types/errors.ts";
import type { ConfigLayer, Path, Tree } from "./layer.ts";

export const MAX_CONFIG_FILE_BYTES = 1024 * 1024;
const MAX_ERRORS_SHOWN = 5;

/** The node at which `path` was written: the key of a mapping's pair, or a list's element. */
function nodeAt(root: unknown, path: Path): Node | undefined {
  let node = root;
  let place: unknown;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key: name }) => isScalar(name) && String(name.value) === key);
      if (pair === undefined) return undefined;
      place = pair.key;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      place = node;
    } else {
      return undefined;
    }
  }
  return place as Node | undefined;
}

/** `text` of the file `name`, whose relative paths start at `directory`. */
export function yamlLayer(
  text: string,
  name: string,
  directory: string,
): Result<ConfigLayer, "CONFIG_INVALID"> {
  if (text.length > MAX_CONFIG_FILE_BYTES) {
    return fail("CONFIG_INVALID", `${name}: larger than ${MAX_CONFIG_FILE_BYTES} bytes`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const problems = [...document.errors, ...document.warnings].map(
    ({ pos, message }) => `${at(pos[0])}: ${message}`,
  );
  visit(document, {
    Alias: (_key, { range }) => {
      problems.push(`${at(range?.[0] ?? 0)}: aliases are not allowed; write the value out`);
    },
  });
  if (problems.length > 0) {
    return fail("CONFIG_INVALID", problems.slice(0, MAX_ERRORS_SHOWN).join("\n"));
  }
  const values: unknown = document.toJS() ?? {};
  if (typeof values !== "object" || Array.isArray(values)) {
    return fail(
      "CONFIG_INVALID",
      `${name}:1:1: expected keys and values, not a single value or list`,
    );
  }
  return ok({
    values: values as Tree,
    directory,
    locate: (path) => {
      const offset = nodeAt(document.contents, path)?.range?.[0];
      return offset === undefined ? undefined : at(offset);
    },
  });
}
