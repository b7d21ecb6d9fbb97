/**
 * Reads genesis ConfigMaps. Checking the proofs in one costs milliseconds for each validator, and an
 * immutable ConfigMap never changes under its UID, so what was read is kept by UID. Bound: 200 networks.
 */

import { toHex } from "@timecoin/node/codec/hex";
import { genesisHashOf, parseGenesis } from "@timecoin/node/genesis";
import { nodeIdOf } from "@timecoin/node/keys";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { TimeCoinNetwork } from "../api/network.ts";
import type { GenesisFacts } from "../desired/context.ts";
import { FIRST_CLAIMS_KEY, GENESIS_KEY } from "../desired/genesis-config-map.ts";
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
    const state = kept ?? parsedState(uid, configMap.data ?? {});
    if (kept === undefined && configMap["immutable"] === true) this.#kept.set(uid, state);
    if (state.state !== "Present" || state.genesis.chainId === network.spec.chain.id) return state;
    return { state: "Invalid", uid, reason: `it is of chain ${state.genesis.chainId}` };
  }
}

/** Of a genesis made before 0.2 no first claims are known: it has none that could be begun. */
const FirstClaims = z.record(z.string(), z.string()).catch({});

function firstClaimsOf(text: string | undefined): GenesisFacts["firstClaims"] {
  try {
    return FirstClaims.parse(JSON.parse(text ?? "{}"));
  } catch {
    return {}; // not JSON: nobody's first claim is known
  }
}

function parsedState(uid: string, data: NonNullable<KubeObject["data"]>): GenesisState {
  const parsed = parseGenesis(data[GENESIS_KEY] ?? "");
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
      firstClaims: firstClaimsOf(data[FIRST_CLAIMS_KEY]),
    },
  };
}
