/**
 * The kinds the operator reads and writes: one row each, and the only place that knows a plural or a
 * group version. The operator's RBAC is tested against this table.
 */
import type { ResourceKind } from "./types.ts";

const namespaced = (group: string, version: string, plural: string, kind: string): ResourceKind =>
  Object.freeze({ group, version, plural, namespaced: true, kind });

export const KINDS = Object.freeze({
  ConfigMap: namespaced("", "v1", "configmaps", "ConfigMap"),
  Secret: namespaced("", "v1", "secrets", "Secret"),
  Service: namespaced("", "v1", "services", "Service"),
  ServiceAccount: namespaced("", "v1", "serviceaccounts", "ServiceAccount"),
  Pod: namespaced("", "v1", "pods", "Pod"),
  PersistentVolumeClaim: namespaced("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
  StatefulSet: namespaced("apps", "v1", "statefulsets", "StatefulSet"),
  PodDisruptionBudget: namespaced("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"),
  NetworkPolicy: namespaced("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"),
  Role: namespaced("rbac.authorization.k8s.io", "v1", "roles", "Role"),
  RoleBinding: namespaced("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
  Lease: namespaced("coordination.k8s.io", "v1", "leases", "Lease"),
  Event: namespaced("events.k8s.io", "v1", "events", "Event"),
  TimeCoinNetwork: namespaced("timecoin.dev", "v1alpha1", "timecoinnetworks", "TimeCoinNetwork"),
  TimeCoinNode: namespaced("timecoin.dev", "v1alpha1", "timecoinnodes", "TimeCoinNode"),
});

/** The body of the `pods/<name>/eviction` subresource; never a collection of its own. */
export const EVICTION = Object.freeze({ apiVersion: "policy/v1", kind: "Eviction" });
