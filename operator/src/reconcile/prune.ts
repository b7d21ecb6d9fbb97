/**
 * Removes what full nodes leave behind when the spec no longer names them: StatefulSet, configuration,
 * TimeCoinNode, and by policy the claim once its pod is gone. Never touches a validator: only objects
 * labelled FullNode are looked at. Key Secrets stay, so that a group that returns is the same nodes.
 */
import { MEMBER_LABEL, ROLE_LABEL } from "../desired/labels.ts";
import { fullNodeBudgetName, podName } from "../desired/names.ts";
import { isNotFound } from "../kube/errors.ts";
import { KINDS } from "../kube/kinds.ts";
import type { KubeObject } from "../kube/types.ts";
import type { Gathered } from "./gather.ts";
import type { NetworkObject, ReconcileServices } from "./services.ts";
import { childrenOf, type WatchedKind } from "./stores.ts";

const PRUNED = ["StatefulSet", "ConfigMap", "TimeCoinNode", "PersistentVolumeClaim"] as const;

export async function pruneFullNodes(
  services: ReconcileServices,
  gathered: Gathered,
  object: NetworkObject,
): Promise<void> {
  const names = new Set(gathered.facts.members.map(({ member }) => member.name));
  for (const kind of PRUNED) {
    for (const child of childrenOf(services.reflectors, kind, gathered.facts.network).values()) {
      if (!isLeftOver(child, names) || !mayGo(gathered, kind, child)) continue;
      await remove(services, kind, { child, object });
    }
  }
  if (gathered.facts.members.some(({ member }) => member.role === "FullNode")) return;
  const { network } = gathered.facts;
  const budgets = childrenOf(services.reflectors, "PodDisruptionBudget", network);
  const budget = budgets.get(fullNodeBudgetName(network.name));
  if (budget === undefined) return;
  await remove(services, "PodDisruptionBudget", { child: budget, object });
}

function isLeftOver({ metadata }: KubeObject, names: ReadonlySet<string>): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  if (metadata.labels?.[ROLE_LABEL] !== "FullNode") return false;
  return !names.has(metadata.labels[MEMBER_LABEL] ?? "");
}

function mayGo(
  { facts: { network }, live }: Gathered,
  kind: WatchedKind,
  child: KubeObject,
): boolean {
  if (kind !== "PersistentVolumeClaim") return true;
  if (network.spec.template.storage.deletionPolicy !== "Delete") return false;
  const member = child.metadata.labels?.[MEMBER_LABEL] ?? "";
  return !live.pods.has(podName(network.name, member));
}

/** Deletes the very version that was looked at: a change in between is a conflict, not a deletion. */
async function remove(
  { http, events }: ReconcileServices,
  kind: WatchedKind,
  { child, object }: { readonly child: KubeObject; readonly object: NetworkObject },
): Promise<void> {
  const { name = "", namespace, uid = "", resourceVersion } = child.metadata;
  const ref = { kind: KINDS[kind], name, ...(namespace === undefined ? {} : { namespace }) };
  const version = resourceVersion === undefined ? {} : { resourceVersion };
  try {
    await http.delete(ref, { uid, ...version, propagation: "Background" });
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  const note = `removed ${kind} ${name}: the spec no longer names it`;
  events.record({ regarding: object, type: "Normal", reason: "Removed", action: "Prune", note });
}
