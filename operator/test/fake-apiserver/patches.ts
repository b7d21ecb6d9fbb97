/**
 * RFC 7396 on plain JSON, without mutation of the input.
 */
import { isJsonObject } from "../../src/kube/errors.ts";

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
