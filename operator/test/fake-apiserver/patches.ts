/**
 * RFC 7396 and RFC 6902 on plain JSON, without mutation of the input. Of RFC 6902 the four operations
 * that the client sends.
 */
import { isJsonObject } from "../../src/kube/errors.ts";
import { badRequest, invalid } from "./failure.ts";

/** `target` with the merge patch laid over it; null removes. */
export function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: { [field: string]: unknown } = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = mergePatched(result[field], value);
  }
  return result;
}

/** `target` after all operations, or Invalid where one of them cannot be done. */
export function jsonPatched(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw badRequest("a JSON patch is a list");
  return operations.reduce(applyOperation, structuredClone(target));
}

function applyOperation(target: unknown, operation: unknown): unknown {
  if (!isJsonObject(operation)) throw badRequest("not an operation");
  const { op, path, value } = operation;
  if (typeof path !== "string" || !path.startsWith("/")) throw badRequest("a path is needed");
  const segments = path
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = segments.pop() ?? "";
  const parent = segments.reduce(child, target);
  if (op === "test") {
    if (JSON.stringify(child(parent, last)) !== JSON.stringify(value))
      throw invalid(`test failed: ${path}`);
  } else if (op === "add") insert(parent, last, value);
  else if (op === "replace" || op === "remove") {
    if (child(parent, last) === undefined) throw invalid(`nothing at ${path}`);
    if (op === "replace") assign(parent, last, value);
    else erase(parent, last);
  } else throw badRequest(`unexpected operation ${String(op)}`);
  return target;
}

function child(parent: unknown, part: string): unknown {
  if (Array.isArray(parent)) return parent[Number(part)];
  return isJsonObject(parent) ? parent[part] : undefined;
}

function insert(parent: unknown, part: string, value: unknown): void {
  if (!Array.isArray(parent)) return assign(parent, part, value);
  parent.splice(part === "-" ? parent.length : Number(part), 0, value);
}

function assign(parent: unknown, part: string, value: unknown): void {
  if (typeof parent !== "object" || parent === null) throw invalid(`nothing to hold ${part}`);
  Reflect.set(parent, part, value);
}

function erase(parent: unknown, part: string): void {
  if (Array.isArray(parent)) parent.splice(Number(part), 1);
  else if (typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, part);
}
