/**
 * Reads genesis ConfigMaps. Checking the proofs in one costs milliseconds for each validator, and an
 * immutable ConfigMap never changes under its UID, so what was read is kept by UID. Bound: 200 networks.
 */

import { toHex } from "@timecoin/node/codec/hex";
import { genesisHashOf, parseGenesis } from "@timecoin/node/genesis";
import { nodeIdOf } from "@timecoin/node/keys";
import { LRUCache } from "lru-cache";
import type { TimeCoinNetwork } from "../api/network.ts";
import { GENESIS_KEY } from "../desired/genesis-config-map.ts";
import type { KubeObject } from "../kube/types.ts";
import type { GenesisState } from "../plan/facts.ts";

const MAX_KEPT = 200;

export class GenesisReader {
  readonly #kept = new LRUCache<string, GenesisState>({ max: MAX_KEPT });

  /** The state of the network's genesis, given its ConfigMap or the lack of one. */
  read(network: Pick<TimeCoinNetwork, "spec">, configMap: KubeObject | undefined): GenesisState {
    if (configMap === undefined) return { state: "Missing" };
    const uid = configMap.metadata.uid ?? "";
    const kept = this.#kept.get(uid);
    const state = kept ?? parsedState(uid, configMap.data?.[GENESIS_KEY]);
    if (kept === undefined && configMap["immutable"] === true) this.#kept.set(uid, state);
    if (state.state !== "Present" || state.genesis.chainId === network.spec.chain.id) return state;
    return { state: "Invalid", uid, reason: `it is of chain ${state.genesis.chainId}` };
  }
}

function parsedState(uid: string, text: string | undefined): GenesisState {
  const parsed = parseGenesis(text ?? "");
  if (!parsed.ok) return { state: "Invalid", uid, reason: parsed.reason };
  const { chainId, validators } = parsed.value;
  return {
    state: "Present",
    genesis: {
      uid,
      hash: toHex(genesisHashOf(parsed.value)),
      chainId,
      validators: validators.map(({ name, publicKey, nodeKey }) => ({
        name,
        publicKey: toHex(publicKey),
        nodeID: nodeIdOf(nodeKey),
      })),
    },
  };
}
