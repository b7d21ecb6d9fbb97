/**
 * Writes statuses where they are due, and Events where a condition turned. The network's status is
 * guarded by the resourceVersion that the decision was made on: a permit is granted on no other state.
 */
import type { Condition } from "../api/condition.ts";
import { API_VERSION, NETWORK_KIND } from "../api/network.ts";
import { NODE_KIND, type NodeStatus } from "../api/node.ts";
import { workloadName } from "../desired/names.ts";
import { KINDS } from "../kube/kinds.ts";
import type { ConditionType, Decision } from "../plan/plan.ts";
import { networkStatus } from "../status/network-status.ts";
import { HALTED, nodeStatus } from "../status/node-status.ts";
import { networkStatusIsDue, nodeStatusIsDue } from "../status/worth-writing.ts";
import { eachLimited } from "./each-limited.ts";
import type { Gathered } from "./gather.ts";
import type { NetworkObject, ReconcileServices } from "./services.ts";

const STATUS_MANAGER = "timecoin-operator-status";
const PARALLEL_WRITES = 8;

export async function writeStatuses(
  services: ReconcileServices,
  gathered: Gathered,
  work: { readonly decision: Decision; readonly object: NetworkObject },
): Promise<void> {
  await writeNodeStatuses(services, gathered, work.decision);
  const { network, nowMs } = gathered.facts;
  const next = networkStatus(gathered.facts, work.decision);
  if (!networkStatusIsDue(network.status, next, nowMs)) return;
  const { name, namespace, resourceVersion } = network;
  const metadata = { name, namespace, resourceVersion };
  await services.http.applyStatus(
    KINDS.TimeCoinNetwork,
    { apiVersion: API_VERSION, kind: NETWORK_KIND, metadata, status: next },
    { fieldManager: STATUS_MANAGER, force: true },
  );
  announce(services, work.object, {
    previous: network.status.conditions ?? [],
    next: next.conditions ?? [],
  });
}

async function writeNodeStatuses(
  { http, events }: ReconcileServices,
  { facts, live }: Gathered,
  { health }: Decision,
): Promise<void> {
  const { namespace, name: network } = facts.network;
  await eachLimited(facts.members, PARALLEL_WRITES, async (subject) => {
    const name = workloadName(network, subject.member.name);
    const node = live.nodes.get(name);
    if (node === undefined) return; // its status follows once it exists
    const status = nodeStatus(facts, subject, health);
    if (!nodeStatusIsDue(subject.node?.status ?? {}, status)) return;
    await http.applyStatus(
      KINDS.TimeCoinNode,
      { apiVersion: API_VERSION, kind: NODE_KIND, metadata: { name, namespace }, status },
      { fieldManager: STATUS_MANAGER, force: true },
    );
    const isHalted = ({ conditions = [] }: Pick<NodeStatus, "conditions">): Condition | undefined =>
      conditions.find(({ reason }) => reason === HALTED);
    const halted = isHalted(status);
    if (halted === undefined || isHalted(subject.node?.status ?? {}) !== undefined) return;
    const { reason, message: note } = halted;
    events.record({ regarding: node, type: "Warning", reason, action: "Observe", note });
  });
}

/** Conditions whose change is worth an Event, and the status of each that is bad news. */
const ANNOUNCED: Readonly<Partial<Record<ConditionType, Condition["status"]>>> = {
  Accepted: "False",
  Quorate: "False",
  DisruptionBlocked: "True",
  ScaleRefused: "True",
};

/** Reasons that every rollout goes through. */
const PASSING: ReadonlySet<string> = new Set(["MemberCatchingUp", "ProbeUnanswered"]);

function announce(
  { events }: ReconcileServices,
  object: NetworkObject,
  {
    previous,
    next,
  }: { readonly previous: readonly Condition[]; readonly next: readonly Condition[] },
): void {
  for (const condition of next) {
    const bad = ANNOUNCED[condition.type as ConditionType];
    const before = previous.find(({ type }) => type === condition.type);
    if (bad === undefined || before?.reason === condition.reason) continue;
    // A new network is not Quorate yet and nobody wonders; that it is refused, somebody must know.
    if (before === undefined && (condition.status !== bad || condition.type !== "Accepted")) {
      continue;
    }
    const isWarning = condition.status === bad && !PASSING.has(condition.reason);
    events.record({
      regarding: object,
      type: isWarning ? "Warning" : "Normal",
      reason: condition.reason === "None" ? `${condition.type}Cleared` : condition.reason,
      action: "Observe",
      note: `${condition.type} is ${condition.status}: ${condition.message}`,
    });
  }
}
