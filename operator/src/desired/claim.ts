/**
 * A member's claim, made by the operator and named by the pod: a StatefulSet's own template would
 * recreate a lost claim empty beside a live key. Retained ones carry no owner.
 */
import type { Manifest } from "../api/manifest.ts";
import { type BuildContext, ownedUnless } from "./context.ts";
import { memberLabels, SIGNS_FOR_ANNOTATION } from "./labels.ts";
import { claimName, type Member } from "./names.ts";

/** @param signsFor hash of the genesis that the sign state on it is for; "" before there is one. */
export function claim(context: BuildContext, member: Member, signsFor: string): Manifest {
  const { network } = context;
  const { size, className, deletionPolicy } = network.spec.template.storage;
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: claimName(network.name, member.name),
      namespace: network.namespace,
      labels: memberLabels(network.name, member),
      ...(signsFor === "" ? {} : { annotations: { [SIGNS_FOR_ANNOTATION]: signsFor } }),
      ...ownedUnless(deletionPolicy === "Retain", context),
    },
    spec: {
      accessModes: ["ReadWriteOnce"],
      ...(className === "" ? {} : { storageClassName: className }),
      resources: { requests: { storage: size } },
    },
  };
}
