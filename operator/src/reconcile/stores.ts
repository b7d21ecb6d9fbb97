/**
 * What the operator watches: networks, and of every other kind only what carries its label. Secrets
 * are not among them: a watch would need the right to list every Secret. Built by main.ts and by tests.
 */
import type { Logger } from "pino";
import { MANAGED_BY, MANAGED_BY_LABEL, NETWORK_LABEL } from "../desired/labels.ts";
import type { Clock, Random } from "../kube/clock.ts";
import type { Source } from "../kube/controller.ts";
import type { KubeHttp } from "../kube/http.ts";
import { KINDS } from "../kube/kinds.ts";
import { Reflector } from "../kube/reflector.ts";
import { ObjectStore } from "../kube/store.ts";
import type { KubeObject } from "../kube/types.ts";

export const WATCHED = [
  "TimeCoinNetwork",
  "TimeCoinNode",
  "ConfigMap",
  "Service",
  "ServiceAccount",
  "PersistentVolumeClaim",
  "StatefulSet",
  "Pod",
  "PodDisruptionBudget",
  "NetworkPolicy",
] as const satisfies readonly (keyof typeof KINDS)[];

export type WatchedKind = (typeof WATCHED)[number];
export type Reflectors = Readonly<Record<WatchedKind, Reflector>>;

export interface ReflectorInput {
  readonly http: Pick<KubeHttp, "list" | "watch">;
  /** One namespace, or all. */
  readonly namespace: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export function makeReflectors(input: ReflectorInput): Reflectors {
  const { namespace, ...rest } = input;
  const entries = WATCHED.map((name) => {
    const scope = {
      kind: KINDS[name],
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === "TimeCoinNetwork" ? {} : { labelSelector: `${MANAGED_BY_LABEL}=${MANAGED_BY}` }),
    };
    const store = new ObjectStore({ labels: [NETWORK_LABEL] });
    return [name, new Reflector({ ...rest, scope, store })] as const;
  });
  return Object.fromEntries(entries) as Record<WatchedKind, Reflector>;
}

/** Every watched object leads to the key of its network. */
export function sourcesOf(reflectors: Reflectors): Source[] {
  return WATCHED.map((name) => ({
    reflector: reflectors[name],
    keysOf: name === "TimeCoinNetwork" ? ownKey : networkKey,
  }));
}

const ownKey = ({ metadata }: KubeObject) => [`${metadata.namespace}/${metadata.name}`];

function networkKey({ metadata }: KubeObject): readonly string[] {
  const network = metadata.labels?.[NETWORK_LABEL];
  return network === undefined ? [] : [`${metadata.namespace}/${network}`];
}

/** The objects of one kind that belong to a network, by name. */
export function childrenOf(
  reflectors: Reflectors,
  kind: Exclude<WatchedKind, "TimeCoinNetwork">,
  network: { readonly name: string; readonly namespace: string },
): ReadonlyMap<string, KubeObject> {
  const labelled = reflectors[kind].store.byLabel(NETWORK_LABEL, network.name);
  const own = labelled.filter(({ metadata }) => metadata.namespace === network.namespace);
  return new Map(own.map((object) => [object.metadata.name ?? "", object]));
}
