/**
 * Everything the plan may know, read in one go: the stores, the key Secrets by name, the collector's
 * last answers. Nothing is written and nobody is asked. The workloads that follow from it are built
 * here, too, because the plan compares them with what is.
 */

import type { TimeCoinNetwork } from "../api/network.ts";
import { parseNode } from "../api/node.ts";
import type { BuildContext, OperatorSettings } from "../desired/context.ts";
import { type Workload, workloadOf } from "../desired/desired.ts";
import { intentOf } from "../desired/intent-hash.ts";
import {
  claimName,
  configName,
  genesisName,
  type Member,
  podName,
  workloadName,
} from "../desired/names.ts";
import { portsOf } from "../desired/ports.ts";
import type { Clock } from "../kube/clock.ts";
import type { KubeObject } from "../kube/types.ts";
import { isFirstClaim } from "../plan/custody.ts";
import type { ClaimFacts, Facts, GenesisState, IdentityFacts, MemberFacts } from "../plan/facts.ts";
import { membersOf } from "../plan/membership.ts";
import type { CollectorTarget, NodeCollector } from "./collector.ts";
import type { GenesisReader } from "./genesis-reader.ts";
import type { KeyCustody } from "./key-custody.ts";
import { claimFactsOf, joinedIntent, podAddressOf, podFactsOf, workloadFactsOf } from "./read.ts";
import { childrenOf, type Reflectors } from "./stores.ts";

export interface GatherServices {
  readonly reflectors: Reflectors;
  readonly custody: KeyCustody;
  readonly genesisReader: GenesisReader;
  readonly collector: NodeCollector;
  readonly clock: Clock;
  readonly operator: OperatorSettings;
}

type Children = ReadonlyMap<string, KubeObject>;

export interface LiveObjects {
  readonly configMaps: Children;
  readonly statefulSets: Children;
  readonly claims: Children;
  readonly pods: Children;
  readonly nodes: Children;
}

export interface Gathered {
  readonly key: string;
  readonly facts: Facts;
  readonly live: LiveObjects;
  /** By member name; only members that could run now. */
  readonly workloads: ReadonlyMap<string, Workload>;
}

export async function gather(
  services: GatherServices,
  network: TimeCoinNetwork,
): Promise<Gathered> {
  const key = `${network.namespace}/${network.name}`;
  const live = liveObjects(services.reflectors, network);
  const configMap = live.configMaps.get(genesisName(network.name));
  const genesis = services.genesisReader.read(network, configMap);
  const members = membersOf(network, genesis);
  const identities = new Map<string, IdentityFacts>();
  for (const member of members) {
    identities.set(member.name, await services.custody.identityOf(network, member));
  }
  const workloads = wantedWorkloads(
    { network, operator: services.operator },
    { members, identities, genesis, live },
  );
  const read = { services, network, key, live, identities, workloads };
  const facts: Facts = {
    nowMs: services.clock.epochMs(),
    network,
    genesis,
    members: members.map((member) => memberFacts(read, member)),
  };
  return { key, facts, live, workloads };
}

/** What the builders of desired/ build from. */
export const contextOf = (
  { operator }: Pick<GatherServices, "operator">,
  { facts }: Gathered,
): BuildContext => ({ network: facts.network, operator });

function liveObjects(reflectors: Reflectors, network: TimeCoinNetwork): LiveObjects {
  return {
    configMaps: childrenOf(reflectors, "ConfigMap", network),
    statefulSets: childrenOf(reflectors, "StatefulSet", network),
    claims: childrenOf(reflectors, "PersistentVolumeClaim", network),
    pods: childrenOf(reflectors, "Pod", network),
    nodes: childrenOf(reflectors, "TimeCoinNode", network),
  };
}

/** The workloads of all members whose identity is known and, for validators, is the genesis's. */
function wantedWorkloads(
  context: BuildContext,
  input: {
    readonly members: readonly Member[];
    readonly identities: ReadonlyMap<string, IdentityFacts>;
    readonly genesis: GenesisState;
    readonly live: LiveObjects;
  },
): Map<string, Workload> {
  const workloads = new Map<string, Workload>();
  if (input.genesis.state !== "Present") return workloads;
  const { genesis } = input.genesis;
  for (const member of input.members) {
    const known = input.identities.get(member.name);
    if (known?.state !== "Present") continue;
    const entry = genesis.validators.find(({ name }) => name === member.name);
    if (member.role === "Validator" && entry?.publicKey !== known.identity.publicKey) continue;
    const isFirstStart = isFirstClaim(
      genesis,
      member,
      claimOf(context.network, member, input.live),
    );
    const { identity } = known;
    workloads.set(member.name, workloadOf(context, { member, identity, genesis, isFirstStart }));
  }
  return workloads;
}

function claimOf(
  network: Pick<TimeCoinNetwork, "name">,
  member: Member,
  live: LiveObjects,
): ClaimFacts | undefined {
  const claim = live.claims.get(claimName(network.name, member.name));
  return claim === undefined ? undefined : claimFactsOf(claim);
}

/** The pods that the collector asks from now on. */
export function targetsOf({ facts: { network, members }, live }: Gathered): CollectorTarget[] {
  const { ops } = portsOf(network.spec.chain.profile);
  return members.flatMap(({ member }) => {
    const pod = live.pods.get(podName(network.name, member.name));
    const address = pod === undefined ? undefined : podAddressOf(pod);
    if (pod === undefined || address === undefined) return [];
    return [{ member: member.name, podUID: pod.metadata.uid ?? "", address, port: ops }];
  });
}

interface ReadContext {
  readonly services: GatherServices;
  readonly network: TimeCoinNetwork;
  readonly key: string;
  readonly live: LiveObjects;
  readonly identities: ReadonlyMap<string, IdentityFacts>;
  readonly workloads: ReadonlyMap<string, Workload>;
}

function memberFacts(read: ReadContext, member: Member): MemberFacts {
  const { network, live } = read;
  const statefulSet = live.statefulSets.get(workloadName(network.name, member.name));
  const config = live.configMaps.get(configName(network.name, member.name));
  const pod = live.pods.get(podName(network.name, member.name));
  const node = live.nodes.get(workloadName(network.name, member.name));
  const wanted = read.workloads.get(member.name);
  return {
    member,
    identity: read.identities.get(member.name) ?? { state: "Unknown" },
    claim: claimOf(network, member, live),
    workload: statefulSet === undefined ? undefined : workloadFactsOf(statefulSet, config),
    wanted:
      wanted === undefined
        ? undefined
        : {
            intent: joinedIntent(intentOf(wanted.statefulSet), intentOf(wanted.config)),
            templateHash: wanted.templateHash,
          },
    pod: pod === undefined ? undefined : podFactsOf(pod),
    ...answerFacts(read, member, pod),
    node: node === undefined ? undefined : parseNode(node),
  };
}

function answerFacts(
  { services, key }: ReadContext,
  member: Member,
  pod: KubeObject | undefined,
): Pick<MemberFacts, "answer" | "safety"> {
  const uid = pod?.metadata.uid ?? "";
  const collected = services.collector.answerOf(key, member.name, uid);
  if (collected === undefined) return { answer: undefined, safety: undefined };
  const ageMs = services.clock.monotonicMs() - collected.askedAtMs;
  const { status, safety, receivedAtMs } = collected;
  const commitAtMs = status?.lastCommitAtMs;
  return {
    answer:
      status === undefined
        ? undefined
        : {
            ageMs,
            genesisHash: status.genesisHash,
            height: status.height,
            commitAgeMs:
              commitAtMs === undefined ? undefined : Math.max(0, receivedAtMs - commitAtMs),
            lastSignedHeight: status.lastSignedHeight,
            isStateLost: status.isStateLost,
          },
    safety: safety === undefined ? undefined : { ageMs, ...safety },
  };
}
