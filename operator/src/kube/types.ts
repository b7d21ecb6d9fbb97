/**
 * Kubernetes objects as the operator holds them: plain JSON, read-only, with every field the server
 * sent. Nothing is decoded into classes, because typed clients drop the fields they do not know and a
 * later write would erase them. Readers narrow what they use (zod in operator/src/api).
 */

export type JsonObject = { readonly [field: string]: unknown };

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  /** Opaque: compared for equality only. */
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly annotations?: { readonly [name: string]: string };
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly unknown[];
  readonly [field: string]: unknown;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: JsonObject;
  readonly status?: JsonObject;
  readonly data?: { readonly [key: string]: string };
  readonly [field: string]: unknown;
}

/** What a URL and a manifest need to know of a kind. `group` is "" for the core group. */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
}

/** One object, existing or to be. */
export interface ObjectRef {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly name: string;
}

/** A collection: all namespaces where `namespace` is absent. */
export interface Scope {
  readonly kind: ResourceKind;
  readonly namespace?: string;
  readonly labelSelector?: string;
}

/** One page, or a whole list once its pages are joined. */
export interface KubeList {
  readonly resourceVersion: string;
  readonly items: readonly KubeObject[];
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubeObject;
}

/** The value of `apiVersion` in a manifest of this kind. */
export function apiVersionOf(kind: ResourceKind): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}
