/**
 * A member's configuration file. Its peers are up to eight genesis validators, a function of the
 * genesis and the member alone: members that join or leave later change nothing in it, and fifty names
 * in fifty pods at once would drown the cluster's DNS. The node learns all others from its peers.
 */
import type { NodeConfigInput } from "@timecoin/node/config";
import { stringify } from "yaml";
import type { Manifest } from "../api/manifest.ts";
import { type BuildContext, type GenesisFacts, ownedUnless } from "./context.ts";
import { memberLabels } from "./labels.ts";
import { configName, hostName, type Member } from "./names.ts";
import { CONFIG_FOLDER, DATA_FOLDER, GENESIS_FILE, NODE_KEY, VALIDATOR_KEY } from "./paths.ts";
import { portsOf } from "./ports.ts";

export const CONFIG_KEY = "config.yaml";
const MAX_PEERS = 8;
/**
 * Where pods are, and where a cluster translates the addresses of whoever comes from outside to. Limits and bans by
 * address would strike the members of a node's own network together there. Those by node id hold.
 */
const CLUSTER_RANGES = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "fc00::/7",
];

/** The validators that a member dials first: those after it in genesis order, round the ring. */
export function firstPeersOf(genesis: GenesisFacts, member: Member): GenesisFacts["validators"] {
  const { validators } = genesis;
  const own = validators.findIndex(({ name }) => name === member.name);
  const start = own === -1 ? member.index : own + 1;
  const ring = validators.map((_, i) => validators[(start + i) % validators.length]);
  return ring
    .filter((peer) => peer !== undefined)
    .filter(({ name }) => name !== member.name)
    .slice(0, MAX_PEERS);
}

/** What the member's daemon reads; defaults are left to the daemon. */
export function nodeConfigOf(
  { network, operator }: BuildContext,
  member: Member,
  genesis: GenesisFacts,
): NodeConfigInput {
  const { p2p } = portsOf(network.spec.chain.profile);
  const { clusterDomain } = operator;
  const place = { network: network.name, namespace: network.namespace, clusterDomain };
  const host = (member: string) => hostName({ ...place, member });
  return {
    profile: network.spec.chain.profile,
    dataDir: DATA_FOLDER,
    genesisFile: GENESIS_FILE,
    keys: {
      ...(member.role === "Validator" ? { validatorKeyFile: VALIDATOR_KEY } : {}),
      nodeKeyFile: NODE_KEY,
    },
    p2p: {
      host: "0.0.0.0",
      advertise: `${host(member.name)}:${p2p}`,
      peers: firstPeersOf(genesis, member).map(
        (peer) => `${peer.nodeID}@${host(peer.name)}:${p2p}`,
      ),
      clusterRanges: CLUSTER_RANGES,
    },
    rpc: { host: "0.0.0.0" },
    ops: { host: "0.0.0.0" },
  };
}

export function memberConfigMap(
  context: BuildContext,
  member: Member,
  genesis: GenesisFacts,
): Manifest {
  const { network } = context;
  const config = stringify(nodeConfigOf(context, member, genesis), { lineWidth: 0 });
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: configName(network.name, member.name),
      namespace: network.namespace,
      labels: memberLabels(network.name, member),
      ...ownedUnless(false, context),
    },
    data: {
      [CONFIG_KEY]: `# Written by the operator for ${CONFIG_FOLDER}/${CONFIG_KEY}.\n${config}`,
    },
  };
}
