/**
 * One pass over one network: gather, plan, act, report. Everything a pass does follows from what it
 * read, so it may be ended at any line and the next one goes on from what is there. Another pass over
 * an unchanged world writes nothing. Called by the controller's workers.
 */
import { parseNetwork, type TimeCoinNetwork } from "../api/network.ts";
import type { Reconcile, ReconcileContext, ReconcileResult } from "../kube/controller.ts";
import { KubeError } from "../kube/errors.ts";
import { type Decision, plan } from "../plan/plan.ts";
import { applyAll } from "./apply.ts";
import type { Attention } from "./collector.ts";
import { createKeys, settleGenesis } from "./create-once.ts";
import { evictAsDecided } from "./evict.ts";
import { type Gathered, gather, targetsOf } from "./gather.ts";
import { pruneFullNodes } from "./prune.ts";
import { writeStatuses } from "./report.ts";
import type { NetworkObject, ReconcileServices } from "./services.ts";

/** The reconcile function of the controller. */
export function networkReconcile(services: ReconcileServices): Reconcile {
  return async (key, context) => {
    const object = services.reflectors.TimeCoinNetwork.store.get(key);
    const network = object === undefined ? undefined : ownNetwork(services, object, context);
    if (object === undefined || network === undefined) {
      services.collector.forget(key);
      services.observer.forgotten(key);
      return {};
    }
    return reconcileNetwork(services, network, object);
  };
}

async function reconcileNetwork(
  services: ReconcileServices,
  network: TimeCoinNetwork,
  object: NetworkObject,
): Promise<ReconcileResult> {
  const gathered = await gather(services, network);
  services.collector.track(gathered.key, targetsOf(gathered));
  // A new operator asks before it judges: until then silence would look like an outage.
  if (!services.collector.hasAsked(gathered.key)) return { requeueAfterMs: FIRST_ROUND_MS };
  const decision = plan(gathered.facts);
  services.collector.attend(gathered.key, attentionFor(decision));
  services.observer.planned(gathered.key, decision);
  const failure = await act(services, gathered, { decision, object });
  await writeStatuses(services, gathered, { decision, object });
  if (failure !== undefined) throw failure.error;
  return { requeueAfterMs: decision.requeueAfterMs };
}

const FIRST_ROUND_MS = 500;

/** The acts in their order. A failure ends them, is told, and does not keep the status from being written. */
async function act(
  services: ReconcileServices,
  gathered: Gathered,
  work: { readonly decision: Decision; readonly object: NetworkObject },
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await createKeys(services, gathered, work.decision);
    await settleGenesis(services, gathered, work);
    await applyAll(services, gathered, work.decision);
    await evictAsDecided(services, gathered, work);
    await pruneFullNodes(services, gathered, work.object);
    return undefined;
  } catch (error) {
    if (!(error instanceof KubeError) || REPORTED.has(error.code)) {
      const said = error instanceof Error ? error.message : "unknown failure";
      const note = error instanceof KubeError ? `${said}. ${error.action}` : said;
      const event = { reason: "ReconcileFailed", action: "Reconcile", note } as const;
      services.events.record({ regarding: work.object, type: "Warning", ...event });
    }
    return { error };
  }
}

/** Failures that the user has to do something about; the others pass by themselves. */
const REPORTED: ReadonlySet<string> = new Set(["Forbidden", "Invalid", "BadRequest", "NotFound"]);

function attentionFor(decision: Decision): Attention {
  if (decision.needsFreshAnswers) return "Arbiter";
  const atRest =
    decision.verdicts.Quorate.status === "True" && decision.verdicts.Progressing.status === "False";
  return atRest ? "Relaxed" : "Attentive";
}

/** The network, unless it is none of ours: another class, unreadable, or on its way out. */
function ownNetwork(
  services: ReconcileServices,
  object: NetworkObject,
  { logger }: ReconcileContext,
): TimeCoinNetwork | undefined {
  const parsed = parseNetwork(object);
  if (!parsed.ok) {
    logger.error({ reason: parsed.reason }, "the network cannot be read");
    return undefined;
  }
  const { network } = parsed;
  return network.deleting || network.spec.operatorClass !== services.operatorClass
    ? undefined
    : network;
}
