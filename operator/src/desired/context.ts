/**
 * What the builders of this folder build from: the network, the members it has now, their public
 * identities, the genesis once there is one, and the operator's own settings. No secret is in it.
 */
import type { OwnerReference } from "../api/manifest.ts";
import { ownerOf, type TimeCoinNetwork } from "../api/network.ts";

/** The public half of a member's key Secret. */
export interface Identity {
  /** 64 hex digits; undefined on full nodes. */
  readonly publicKey: string | undefined;
  /** Key hash of the key that identifies the member: validator key, or node key of a full node. */
  readonly keyHash: string;
  /** 40 hex digits. */
  readonly nodeID: string;
}

export interface GenesisValidatorFacts {
  readonly name: string;
  readonly publicKey: string;
  readonly nodeID: string;
}

/** The genesis as its ConfigMap holds it. */
export interface GenesisFacts {
  readonly uid: string;
  readonly hash: string;
  readonly chainId: string;
  readonly validators: readonly GenesisValidatorFacts[];
  /** UID of the claim that each validator had when the genesis was made, by member name. */
  readonly firstClaims: Readonly<Record<string, string>>;
}

export interface OperatorSettings {
  /** Namespace that the operator's own pods run in; undefined where it runs outside a cluster. */
  readonly namespace: string | undefined;
  readonly clusterDomain: string;
}

export interface BuildContext {
  readonly network: Pick<TimeCoinNetwork, "name" | "namespace" | "uid" | "spec">;
  readonly operator: OperatorSettings;
}

/** The network as owner, so that the child goes with it; nothing for what is to be retained. */
export function ownedUnless(
  retained: boolean,
  { network }: BuildContext,
): { readonly ownerReferences?: readonly OwnerReference[] } {
  return retained ? {} : { ownerReferences: [ownerOf(network)] };
}
