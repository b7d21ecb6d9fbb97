/**
 * URLs of the Kubernetes API. A path segment is never empty, "." or "..": an empty name would turn a
 * DELETE of one object into a DELETE of its whole collection. Used by KubeHttp alone.
 */
import { KubeError } from "./errors.ts";
import type { ObjectRef, ResourceKind, Scope } from "./types.ts";

function segment(value: string, what: string): string {
  if (value === "" || value === "." || value === ".." || value.length > 253) {
    throw new KubeError({ code: "InvalidRequest", message: `${what} is not usable in a path` });
  }
  return encodeURIComponent(value);
}

/** The path of a collection, or of all namespaces' collections. */
export function collectionPath(scope: Pick<Scope, "kind" | "namespace">): string {
  const { group, version, plural } = scope.kind;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  if (scope.namespace === undefined) return `${root}/${plural}`;
  return `${root}/namespaces/${segment(scope.namespace, "namespace")}/${plural}`;
}

/** The path of one object or of its subresource. Throws InvalidRequest without a name or namespace. */
export function objectPath(ref: ObjectRef, subresource?: string): string {
  requireNamespace(ref.kind, ref.namespace);
  const path = `${collectionPath(ref)}/${segment(ref.name, "name")}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** The path that creates an object of this kind. */
export function creationPath(kind: ResourceKind, namespace: string | undefined): string {
  requireNamespace(kind, namespace);
  return collectionPath(namespace === undefined ? { kind } : { kind, namespace });
}

function requireNamespace(kind: ResourceKind, namespace: string | undefined): void {
  if (namespace === undefined) {
    throw new KubeError({ code: "InvalidRequest", message: `${kind.kind} needs a namespace` });
  }
}

/** `path` with the parameters that have a value. */
export function withQuery(
  path: string,
  query: { readonly [name: string]: string | number | boolean | undefined },
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
