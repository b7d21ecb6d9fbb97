/**
 * The one place where a pod is stopped. The plan has ruled on it; here the pod is read afresh, the UID
 * binds the act to that very pod, and the eviction API lets the disruption budgets have the last word.
 */
import { podName } from "../desired/names.ts";
import { isBudgetRefusal, isConflict, isNotFound } from "../kube/errors.ts";
import { KINDS } from "../kube/kinds.ts";
import type { KubeObject } from "../kube/types.ts";
import type { Decision } from "../plan/plan.ts";
import type { Gathered } from "./gather.ts";
import { podFactsOf } from "./read.ts";
import type { NetworkObject, ReconcileServices } from "./services.ts";

export async function evictAsDecided(
  services: ReconcileServices,
  gathered: Gathered,
  work: { readonly decision: Decision; readonly object: NetworkObject },
): Promise<void> {
  const { evict } = work.decision;
  if (evict === undefined) return;
  const { name: network, namespace } = gathered.facts.network;
  const name = podName(network, evict.member);
  const pod = await freshPod(services, { namespace, name });
  const believed = gathered.facts.members.find(({ member }) => member.name === evict.member)?.pod;
  if (pod?.metadata.uid !== evict.podUID) return;
  // A pod that was to be replaced because it does not run, and meanwhile does, needs a ruling first.
  if (believed?.running === false && podFactsOf(pod).running) return;
  const event = { regarding: work.object, related: pod, action: "EvictPod" } as const;
  try {
    await services.http.evict({ namespace, name }, { uid: evict.podUID });
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return; // that pod is gone already
    if (!isBudgetRefusal(error)) throw error;
    const note = `a disruption budget does not let ${evict.member} go now; tried again later`;
    services.events.record({ ...event, type: "Warning", reason: "EvictionRefused", note });
    return;
  }
  const note = `stopped pod ${name} so that it comes back with the current spec`;
  services.events.record({ ...event, type: "Normal", reason: "PodEvicted", note });
}

async function freshPod(
  { http }: ReconcileServices,
  pod: { readonly namespace: string; readonly name: string },
): Promise<KubeObject | undefined> {
  try {
    return await http.get({ kind: KINDS.Pod, ...pod });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
