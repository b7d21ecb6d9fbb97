/**
 * All manifests of a network, in the order in which they are applied. Pure: the same input gives the
 * same list, and every object carries the hash of its own intent. A new object is one builder and one
 * line here. Keys and genesis are missing on purpose: they are created once (reconcile/), never applied.
 */
import type { Manifest } from "../api/manifest.ts";
import { fullNodeBudget, type ValidatorBudgetInput, validatorBudget } from "./budgets.ts";
import { claim } from "./claim.ts";
import type { BuildContext } from "./context.ts";
import { intentHash, sealed } from "./intent-hash.ts";
import { memberConfigMap } from "./member-config.ts";
import type { Member } from "./names.ts";
import { networkPolicy } from "./network-policy.ts";
import { nodeObject } from "./node-object.ts";
import { type PodInput, podTemplate } from "./pod-template.ts";
import { serviceAccount } from "./service-account.ts";
import { p2pService, rpcService } from "./services.ts";
import { statefulSet } from "./stateful-set.ts";

/** What a network has once, whatever its members do. */
export function networkManifests(
  context: BuildContext,
  members: readonly Member[],
  budget: ValidatorBudgetInput,
): Manifest[] {
  const fullNodes = members.filter(({ role }) => role === "FullNode").length;
  const manifests = [
    serviceAccount(context),
    p2pService(context),
    rpcService(context),
    networkPolicy(context),
    validatorBudget(context, budget),
    fullNodeBudget(context, fullNodes),
  ];
  return manifests.filter((manifest) => manifest !== undefined).map(sealed);
}

/** What a member has from the start; `signsFor` as in claim.ts. */
export function memberManifests(context: BuildContext, member: Member, signsFor: string) {
  return {
    node: sealed(nodeObject(context, member)),
    claim: sealed(claim(context, member, signsFor)),
  };
}

/** What a member runs from: configuration and StatefulSet change together, in the member's turn. */
export interface Workload {
  readonly config: Manifest;
  readonly statefulSet: Manifest;
  readonly templateHash: string;
}

export function workloadOf(context: BuildContext, input: Omit<PodInput, "configHash">): Workload {
  const config = sealed(memberConfigMap(context, input.member, input.genesis));
  const configHash = intentHash(config.data);
  const { template, templateHash } = podTemplate(context, { ...input, configHash });
  return {
    config,
    statefulSet: sealed(statefulSet(context, input.member, template)),
    templateHash,
  };
}
