/**
 * Facts for the tests of the pure rooms: a healthy network of a given size in which every member runs
 * the wanted template, signs and answers at once. Tests change what they are about.
 */
import { parseNetwork, type TimeCoinNetwork } from "../src/api/network.ts";
import type { NetworkSpecInput } from "../src/api/network-spec.ts";
import type { NetworkStatus } from "../src/api/network-status.ts";
import type { GenesisFacts } from "../src/desired/context.ts";
import { type Member, podName } from "../src/desired/names.ts";
import type { Facts, MemberFacts, PodFacts } from "../src/plan/facts.ts";
import { membersOf } from "../src/plan/membership.ts";

export const NOW_MS = Date.parse("2026-11-22T10:00:00Z");
export const HEIGHT = 1000;
export const WANTED = { intent: "new", templateHash: "new" };
export const GENESIS_HASH = "9f".repeat(32);

export interface NetworkFields {
  readonly name?: string;
  readonly spec?: Partial<NetworkSpecInput>;
  readonly status?: NetworkStatus;
}

/** The object of a network as the API server would send it. */
export function networkObject(fields: NetworkFields = {}) {
  const spec: NetworkSpecInput = {
    image: { repository: "registry.example/timed", tag: "1.4.0" },
    chain: { id: "demo-1", profile: "Testnet" },
    validators: { replicas: 4 },
    ...fields.spec,
  };
  return {
    apiVersion: "timecoin.dev/v1alpha1",
    kind: "TimeCoinNetwork",
    metadata: {
      name: fields.name ?? "demo",
      namespace: "chain",
      uid: "00000000-0000-4000-8000-000000000001",
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: "2026-11-22T09:00:00Z",
    },
    spec,
    ...(fields.status === undefined ? {} : { status: fields.status }),
  };
}

export function networkOf(fields: NetworkFields = {}): TimeCoinNetwork {
  const parsed = parseNetwork(networkObject(fields));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.network;
}

/** Distinct, fixed, and no keys of anybody. */
const hexOf = (index: number, characters: number) =>
  (index + 1)
    .toString(16)
    .padStart(2, "0")
    .repeat(characters / 2);

export const publicKeyOf = (index: number) => hexOf(index, 64);

export function genesisOf(validators: number): GenesisFacts {
  return {
    uid: "genesis-uid",
    hash: GENESIS_HASH,
    chainId: "demo-1",
    validators: Array.from({ length: validators }, (_, i) => ({
      name: `val-${i}`,
      publicKey: publicKeyOf(i),
      nodeID: hexOf(i + 100, 40),
    })),
    firstClaims: Object.fromEntries(
      Array.from({ length: validators }, (_, i) => [`val-${i}`, `val-${i}-claim`]),
    ),
  };
}

export function podOf(network: string, member: string, fields: Partial<PodFacts> = {}): PodFacts {
  return {
    name: podName(network, member),
    uid: `${member}-pod-1`,
    ready: true,
    deleting: false,
    running: true,
    templateHash: WANTED.templateHash,
    nodeName: `node-${member}`,
    waiting: "",
    halted: false,
    image: "registry.example/timed:1.4.0",
    ...fields,
  };
}

function healthyMember(network: TimeCoinNetwork, member: Member, index: number): MemberFacts {
  const isValidator = member.role === "Validator";
  const publicKey = isValidator ? publicKeyOf(index) : undefined;
  return {
    member,
    identity: {
      state: "Present",
      identity: { publicKey, keyHash: hexOf(index, 40), nodeID: hexOf(index + 100, 40) },
    },
    claim: {
      uid: `${member.name}-claim`,
      createdAtMs: NOW_MS - 1_000_000,
      deleting: false,
      signsFor: GENESIS_HASH,
    },
    workload: { intent: WANTED.intent, observed: true },
    wanted: WANTED,
    pod: podOf(network.name, member.name),
    answer: {
      ageMs: 100,
      genesisHash: GENESIS_HASH,
      height: HEIGHT,
      commitAgeMs: 500,
      lastSignedHeight: isValidator ? HEIGHT : undefined,
      isStateLost: false,
    },
    safety: { ageMs: 100, safe: true, reason: "" },
    node: { generation: 1, status: { claimUID: `${member.name}-claim` } },
  };
}

/** A network in which all is well. */
export function healthyFacts(fields: NetworkFields = {}): Facts {
  const network = networkOf(fields);
  const genesis = {
    state: "Present",
    genesis: genesisOf(network.spec.validators.replicas),
  } as const;
  const members = membersOf(network, genesis);
  return {
    nowMs: NOW_MS,
    network,
    genesis,
    members: members.map((member, index) => healthyMember(network, member, index)),
  };
}

/** The facts with some members changed. */
export function withMembers(
  facts: Facts,
  change: (member: MemberFacts, index: number) => MemberFacts,
): Facts {
  return { ...facts, members: facts.members.map(change) };
}

/** The facts with another status in the network. */
export function withStatus(facts: Facts, status: NetworkStatus): Facts {
  return { ...facts, network: { ...facts.network, status } };
}

/** A member whose spec changed: it still runs what it ran before. */
export function outdated(member: MemberFacts): MemberFacts {
  const pod = member.pod === undefined ? undefined : { ...member.pod, templateHash: "old" };
  return { ...member, workload: { intent: "old", observed: true }, pod };
}
