/**
 * A Kubernetes object as the pure rooms build and read it: plain JSON. Structurally the same as the
 * runtime's KubeObject, declared here so that no pure room depends on the runtime. Built by desired/,
 * read by plan/ and status/, applied by reconcile/.
 */

export type JsonMap = { readonly [field: string]: unknown };

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ManifestMeta {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: { readonly [name: string]: string };
  readonly annotations?: { readonly [name: string]: string };
  readonly ownerReferences?: readonly OwnerReference[];
  readonly [field: string]: unknown;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ManifestMeta;
  readonly spec?: JsonMap;
  readonly status?: JsonMap;
  readonly data?: { readonly [key: string]: string };
  readonly [field: string]: unknown;
}
