/**
 * Reads of single fields from raw objects, with the type checked on the way: a field that is missing
 * or of another type is absent. Turns the objects of the stores into the facts of plan/.
 */
import { DAEMON_EXITS } from "@timecoin/node/exit-codes";
import { intentOf } from "../desired/intent-hash.ts";
import { SIGNS_FOR_ANNOTATION, TEMPLATE_ANNOTATION } from "../desired/labels.ts";
import { isJsonObject } from "../kube/errors.ts";
import type { JsonObject, KubeObject } from "../kube/types.ts";
import type { ClaimFacts, PodFacts, WorkloadFacts } from "../plan/facts.ts";

const objectIn = (parent: JsonObject | undefined, field: string): JsonObject => {
  const value = parent?.[field];
  return isJsonObject(value) ? value : {};
};

const listIn = (parent: JsonObject | undefined, field: string): readonly JsonObject[] => {
  const value = parent?.[field];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
};

const textIn = (parent: JsonObject | undefined, field: string): string => {
  const value = parent?.[field];
  return typeof value === "string" ? value : "";
};

export function podFactsOf(pod: KubeObject): PodFacts {
  const containers = listIn(pod.status, "containerStatuses");
  const conditions = listIn(pod.status, "conditions");
  const isTrue = (type: string) =>
    conditions.some((each) => textIn(each, "type") === type && textIn(each, "status") === "True");
  const [first] = listIn(pod.spec, "containers");
  return {
    name: pod.metadata.name ?? "",
    uid: pod.metadata.uid ?? "",
    ready: isTrue("Ready") && pod.metadata.deletionTimestamp === undefined,
    deleting: pod.metadata.deletionTimestamp !== undefined,
    running: containers.some((each) => "running" in objectIn(each, "state")),
    templateHash: pod.metadata.annotations?.[TEMPLATE_ANNOTATION] ?? "",
    nodeName: textIn(pod.spec, "nodeName"),
    waiting: waitingReason(containers, conditions),
    halted: containers.some(isHalted),
    image: textIn(first, "image"),
  };
}

function isHalted(container: JsonObject): boolean {
  if ("running" in objectIn(container, "state")) return false;
  return ["state", "lastState"].some(
    (field) =>
      objectIn(objectIn(container, field), "terminated")["exitCode"] === DAEMON_EXITS.halted.number,
  );
}

function waitingReason(
  containers: readonly JsonObject[],
  conditions: readonly JsonObject[],
): string {
  for (const container of containers) {
    const state = objectIn(container, "state");
    const reason =
      textIn(objectIn(state, "waiting"), "reason") ||
      textIn(objectIn(state, "terminated"), "reason");
    if (reason !== "") return reason;
  }
  const scheduled = conditions.find((each) => textIn(each, "type") === "PodScheduled");
  return textIn(scheduled, "status") === "False" ? textIn(scheduled, "reason") : "";
}

/** The address of a pod whose container runs; undefined otherwise. */
export function podAddressOf(pod: KubeObject): string | undefined {
  const address = textIn(pod.status, "podIP");
  return address === "" || !podFactsOf(pod).running ? undefined : address;
}

export function claimFactsOf(claim: KubeObject): ClaimFacts {
  return {
    uid: claim.metadata.uid ?? "",
    createdAtMs: Date.parse(claim.metadata.creationTimestamp ?? ""),
    deleting: claim.metadata.deletionTimestamp !== undefined,
    signsFor: claim.metadata.annotations?.[SIGNS_FOR_ANNOTATION] ?? "",
  };
}

/** Both intents in one: configuration and StatefulSet are one workload. */
export const joinedIntent = (statefulSet: string | undefined, config: string | undefined): string =>
  `${statefulSet ?? "none"}+${config ?? "none"}`;

export function workloadFactsOf(
  statefulSet: KubeObject,
  config: KubeObject | undefined,
): WorkloadFacts {
  const observed = statefulSet.status?.["observedGeneration"];
  return {
    intent: joinedIntent(
      intentOf(statefulSet),
      config === undefined ? undefined : intentOf(config),
    ),
    observed: typeof observed === "number" && observed >= (statefulSet.metadata.generation ?? 0),
  };
}
