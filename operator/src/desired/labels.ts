/**
 * Labels and annotations. Selectors use the stable ones only (network, member, role), never the
 * version or a hash, so that no upgrade changes what a selector finds.
 */
import type { NodeRole } from "../api/node.ts";
import type { Member } from "./names.ts";

export const MANAGED_BY = "timecoin-operator";
export const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
export const NETWORK_LABEL = "timecoin.dev/network";
export const MEMBER_LABEL = "timecoin.dev/member";
export const ROLE_LABEL = "timecoin.dev/role";
/** The key hash (40 hex digits) of the key that identifies the member. */
export const KEY_LABEL = "timecoin.dev/public-key";

/** Hash of the intent as last applied: what drift is judged by. */
export const INTENT_ANNOTATION = "timecoin.dev/intent";
/** Hash of the pod template, on the pod: tells which pods run the current one. */
export const TEMPLATE_ANNOTATION = "timecoin.dev/template";
export const CONFIG_ANNOTATION = "timecoin.dev/config";
export const GENESIS_HASH_ANNOTATION = "timecoin.dev/genesis-hash";
/** On a claim: the hash of the genesis that its validator's sign state is for. Put there once it is. */
export const SIGNS_FOR_ANNOTATION = "timecoin.dev/signs-for";

const COMPONENT: Readonly<Record<NodeRole, string>> = {
  Validator: "validator",
  FullNode: "full-node",
};

/** On every object of a network. */
export const networkLabels = (network: string) => ({
  "app.kubernetes.io/name": "timecoin-node",
  "app.kubernetes.io/instance": network,
  "app.kubernetes.io/part-of": "timecoin",
  [MANAGED_BY_LABEL]: MANAGED_BY,
  [NETWORK_LABEL]: network,
});

/** On every object of a member. */
export const memberLabels = (network: string, member: Member) => ({
  ...networkLabels(network),
  "app.kubernetes.io/component": COMPONENT[member.role],
  [MEMBER_LABEL]: member.name,
  [ROLE_LABEL]: member.role,
});

export const networkSelector = (network: string) => ({ [NETWORK_LABEL]: network });

export const roleSelector = (network: string, role: NodeRole) => ({
  [NETWORK_LABEL]: network,
  [ROLE_LABEL]: role,
});

export const memberSelector = (network: string, member: Member) => ({
  [NETWORK_LABEL]: network,
  [MEMBER_LABEL]: member.name,
});
