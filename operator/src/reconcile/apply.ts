/**
 * Server-side apply of whole intents under one field manager, and only where the intent changed: the
 * hash of what was applied last stands on the object. An object that is not this network's is never
 * taken over: a name that is taken is an error for the user.
 */

import type { Manifest } from "../api/manifest.ts";
import { memberManifests, networkManifests } from "../desired/desired.ts";
import { intentOf } from "../desired/intent-hash.ts";
import { NETWORK_LABEL } from "../desired/labels.ts";
import { TerminalError } from "../kube/controller.ts";
import { isNotFound } from "../kube/errors.ts";
import type { KubeHttp } from "../kube/http.ts";
import { KINDS } from "../kube/kinds.ts";
import type { KubeObject } from "../kube/types.ts";
import type { Decision } from "../plan/plan.ts";
import { eachLimited } from "./each-limited.ts";
import { contextOf, type Gathered } from "./gather.ts";
import type { ReconcileServices } from "./services.ts";
import { childrenOf, type WatchedKind } from "./stores.ts";

export const FIELD_MANAGER = "timecoin-operator";
const PARALLEL_WRITES = 8;

/** Writes what the decision allows, in the order in which the parts need each other. */
export async function applyAll(
  services: ReconcileServices,
  gathered: Gathered,
  decision: Decision,
): Promise<void> {
  const context = contextOf(services, gathered);
  const { facts } = gathered;
  const members = facts.members.map(({ member }) => member);
  const genesisHash = facts.genesis.state === "Present" ? facts.genesis.genesis.hash : "";
  const shared = networkManifests(context, members, decision.budget);
  const apply = (manifest: Manifest) => applyOne(services, gathered, manifest);
  await eachLimited(shared, PARALLEL_WRITES, apply);
  await eachLimited(facts.members, PARALLEL_WRITES, async ({ member, claim: known }) => {
    const isBegun = decision.markClaims.includes(member.name);
    const signsFor = isBegun ? genesisHash : (known?.signsFor ?? "");
    const { node, claim } = memberManifests(context, member, signsFor);
    await apply(node);
    if (decision.applyClaims.includes(member.name)) await apply(claim);
  });
  await eachLimited(decision.applyWorkloads, PARALLEL_WRITES, async (name) => {
    const workload = gathered.workloads.get(name);
    if (workload === undefined) return;
    await apply(workload.config);
    await apply(workload.statefulSet);
  });
}

async function applyOne(
  { http, reflectors }: ReconcileServices,
  { facts: { network } }: Gathered,
  manifest: Manifest,
): Promise<void> {
  const kind = manifest.kind as Exclude<WatchedKind, "TimeCoinNetwork">;
  const live = childrenOf(reflectors, kind, network).get(manifest.metadata.name);
  if (live !== undefined) refuseForeign(live, network.uid);
  if (live !== undefined && intentOf(live) === intentOf(manifest)) return;
  await applyIntent(http, manifest, live !== undefined);
}

async function applyIntent(
  http: Pick<KubeHttp, "apply" | "get">,
  manifest: Manifest,
  isOurs: boolean,
): Promise<void> {
  const kind = KINDS[manifest.kind as WatchedKind];
  if (!isOurs) await refuseStranger(http, manifest);
  await http.apply(kind, manifest, { fieldManager: FIELD_MANAGER, force: isOurs });
}

/**
 * An apply would merge into a stranger's object of this name, and often without any conflict. So what
 * the stores do not hold is looked at first: it may be ours and newer than they are, or nothing.
 */
async function refuseStranger(http: Pick<KubeHttp, "get">, manifest: Manifest): Promise<void> {
  const kind = KINDS[manifest.kind as WatchedKind];
  const { name, namespace, labels = {} } = manifest.metadata;
  try {
    const { metadata } = await http.get({ kind, name, namespace });
    if (metadata.labels?.[NETWORK_LABEL] === labels[NETWORK_LABEL]) return;
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  throw new TerminalError(
    `${manifest.kind} ${name} exists and is not this network's: remove or rename it`,
  );
}

function refuseForeign(live: KubeObject, networkUid: string): void {
  const controller = live.metadata.ownerReferences?.find((owner) => owner.controller === true);
  if (controller === undefined || controller.uid === networkUid) return;
  throw new TerminalError(
    `${live.kind} ${live.metadata.name ?? ""} belongs to ${controller.kind} ${controller.name} with another uid`,
  );
}
