/**
 * The kinds the operator reads and writes: one row each, and the only place that knows a plural or a
 * group version. All are namespaced. The chart's RBAC rules name the same ones (kinds.test.ts).
 */
import type { ResourceKind } from "./types.ts";

const kindOf = (group: string, version: string, plural: string, kind: string): ResourceKind =>
  Object.freeze({ group, version, plural, kind });

export const KINDS = Object.freeze({
  ConfigMap: kindOf("", "v1", "configmaps", "ConfigMap"),
  Secret: kindOf("", "v1", "secrets", "Secret"),
  Service: kindOf("", "v1", "services", "Service"),
  ServiceAccount: kindOf("", "v1", "serviceaccounts", "ServiceAccount"),
  Pod: kindOf("", "v1", "pods", "Pod"),
  PersistentVolumeClaim: kindOf("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
  StatefulSet: kindOf("apps", "v1", "statefulsets", "StatefulSet"),
  PodDisruptionBudget: kindOf("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"),
  NetworkPolicy: kindOf("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"),
  Lease: kindOf("coordination.k8s.io", "v1", "leases", "Lease"),
  Event: kindOf("events.k8s.io", "v1", "events", "Event"),
  TimeCoinNetwork: kindOf("timecoin.dev", "v1alpha1", "timecoinnetworks", "TimeCoinNetwork"),
  TimeCoinNode: kindOf("timecoin.dev", "v1alpha1", "timecoinnodes", "TimeCoinNode"),
});

/** The body of the `pods/<name>/eviction` subresource; never a collection of its own. */
export const EVICTION = Object.freeze({ apiVersion: "policy/v1", kind: "Eviction" });
