/**
 * Server-side apply, simplified: a field is a path to a scalar or a whole list (lists are atomic here).
 * What a manager leaves out since its last apply goes, unless another manager has it; a field of another
 * manager with another value is a conflict, or taken with force; a plain update takes what it changes.
 */
import { isJsonObject } from "../../src/kube/errors.ts";
import type { JsonObject } from "../../src/kube/types.ts";
import { conflict } from "./failure.ts";

/** By manager and operation, e.g. "operator Apply" or "kubectl Update status": the paths it has. */
export type Ownership = ReadonlyMap<string, ReadonlySet<string>>;

export interface Applied {
  readonly object: JsonObject;
  readonly ownership: Ownership;
}

const SERVER_FIELDS = new Set([
  '["apiVersion"]',
  '["kind"]',
  ...[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
  ].map((field) => JSON.stringify(["metadata", field])),
]);

/** The leaves of `value` by path, without those that are the server's own. */
function leavesOf(value: unknown, path: readonly string[] = []): Map<string, unknown> {
  const key = JSON.stringify(path);
  if (SERVER_FIELDS.has(key)) return new Map();
  if (!isJsonObject(value) || (Object.keys(value).length === 0 && path.length > 0)) {
    return new Map([[key, value]]);
  }
  const leaves = new Map<string, unknown>();
  for (const [field, inner] of Object.entries(value)) {
    for (const [leaf, content] of leavesOf(inner, [...path, field])) leaves.set(leaf, content);
  }
  return leaves;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** `live` after an apply of `intent`. */
export function applied(
  live: JsonObject,
  ownership: Ownership,
  request: { readonly intent: JsonObject; readonly owner: string; readonly force: boolean },
): Applied {
  const { intent, owner, force } = request;
  const wanted = leavesOf(intent);
  const present = leavesOf(live);
  const others = [...ownership].filter(([name]) => name !== owner);
  const disputed = [...wanted]
    .filter(([path, value]) => present.has(path) && !same(present.get(path), value))
    .flatMap(([path]) =>
      others.filter(([, paths]) => paths.has(path)).map(([name]) => ({ path, name })),
    );
  if (disputed.length > 0 && !force) throw ownershipConflict(disputed);
  const next = new Map(ownership);
  for (const { path, name } of disputed) next.set(name, without(next.get(name), path));
  const object = structuredClone(live);
  for (const path of ownership.get(owner) ?? []) {
    if (!wanted.has(path) && !others.some(([, paths]) => paths.has(path))) erase(object, path);
  }
  for (const [path, value] of wanted) write(object, path, value);
  next.set(owner, new Set(wanted.keys()));
  return { object, ownership: next };
}

/** Which manager has which fields once `owner` has changed `before` into `after` by a plain write. */
export function updated(
  ownership: Ownership,
  owner: string,
  before: JsonObject,
  after: JsonObject,
): Ownership {
  const old = leavesOf(before);
  const changed = [...leavesOf(after)].filter(([path, value]) => !same(old.get(path), value));
  const next = new Map(ownership);
  for (const [path] of changed) {
    for (const name of next.keys()) next.set(name, without(next.get(name), path));
  }
  next.set(owner, new Set([...(next.get(owner) ?? []), ...changed.map(([path]) => path)]));
  return next;
}

/** As metadata.managedFields shows it. */
export function managedFieldsOf(ownership: Ownership, apiVersion: string): unknown[] {
  return [...ownership]
    .filter(([, paths]) => paths.size > 0)
    .map(([name, paths]) => {
      const [manager, operation, subresource] = name.split(" ");
      const fieldsV1 = Object.fromEntries([...paths].map((path) => [`f:${path}`, {}]));
      const where = subresource === undefined ? {} : { subresource };
      return { manager, operation, apiVersion, fieldsType: "FieldsV1", fieldsV1, ...where };
    });
}

function ownershipConflict(disputed: readonly { readonly path: string; readonly name: string }[]) {
  const causes = disputed.map(({ path, name }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with "${name.split(" ", 1)[0]}"`,
    field: `.${(JSON.parse(path) as string[]).join(".")}`,
  }));
  return conflict(`Apply failed with ${causes.length} conflicts`, causes);
}

const without = (paths: ReadonlySet<string> | undefined, path: string) =>
  new Set([...(paths ?? [])].filter((other) => other !== path));

function write(object: JsonObject, path: string, value: unknown): void {
  const segments = JSON.parse(path) as string[];
  const last = segments.pop() ?? "";
  let at: object = object;
  for (const segment of segments) {
    if (!isJsonObject(Reflect.get(at, segment))) Reflect.set(at, segment, {});
    at = Reflect.get(at, segment) as object;
  }
  Reflect.set(at, last, structuredClone(value));
}

function erase(object: JsonObject, path: string): void {
  const segments = JSON.parse(path) as string[];
  const last = segments.pop() ?? "";
  const parent = segments.reduce<unknown>(
    (at, part) => (isJsonObject(at) ? at[part] : undefined),
    object,
  );
  if (typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, last);
}
