/**
 * Every name the operator gives: the only place that knows how. A network's name has at most 24
 * characters, a group's at most 12 and no dash, so a StatefulSet's name stays below the 52 that leave
 * room for the controller's hash, and reads back in one way only.
 */
import type { NodeRole } from "../api/node.ts";

export interface Member {
  /** `<group>-<index>`, e.g. val-0. */
  readonly name: string;
  readonly group: string;
  readonly index: number;
  readonly role: NodeRole;
}

/** The member `index` of a group. */
export function memberOf(group: string, index: number, role: NodeRole): Member {
  return { name: `${group}-${index}`, group, index, role };
}

export const genesisName = (network: string) => `${network}-genesis`;
export const accountName = (network: string) => `${network}-node`;
export const p2pServiceName = (network: string) => `${network}-p2p`;
export const rpcServiceName = (network: string) => `${network}-rpc`;
export const validatorBudgetName = (network: string) => `${network}-validators`;
export const fullNodeBudgetName = (network: string) => `${network}-full-nodes`;
export const policyName = (network: string) => `${network}-node`;

/** The StatefulSet and the TimeCoinNode of a member. */
export const workloadName = (network: string, member: string) => `${network}-${member}`;
export const podName = (network: string, member: string) => `${network}-${member}-0`;
export const keysName = (network: string, member: string) => `${network}-${member}-keys`;
export const configName = (network: string, member: string) => `${network}-${member}-config`;
export const claimName = (network: string, member: string) => `${network}-${member}-data`;

/** A member's stable host name. The trailing dot spares the search domains: one query, not five. */
export function hostName(place: {
  readonly network: string;
  readonly namespace: string;
  readonly member: string;
  readonly clusterDomain: string;
}): string {
  const { network, namespace, member, clusterDomain } = place;
  return `${podName(network, member)}.${p2pServiceName(network)}.${namespace}.svc.${clusterDomain}.`;
}
