/**
 * The genesis as an immutable ConfigMap, and the genesis file that goes into it. It is kept with the
 * claims: where the data is retained, so is the genesis that the data belongs to. It names those claims by
 * UID, so that one made later under the same name is never taken for a validator's first (docs/adr/0015).
 */
import type { GenesisFile } from "@timecoin/node/genesis";
import type { Manifest } from "../api/manifest.ts";
import { durationMs } from "../api/quantity.ts";
import { type BuildContext, type GenesisFacts, ownedUnless } from "./context.ts";
import { GENESIS_HASH_ANNOTATION, networkLabels } from "./labels.ts";
import { genesisName } from "./names.ts";

export const GENESIS_KEY = "genesis.json";
export const FIRST_CLAIMS_KEY = "first-claims.json";

/** A new genesis of this network. The nonce makes it another chain than any before. */
export function genesisFileOf(
  { network }: BuildContext,
  fresh: {
    /** 64 hex digits from a cryptographic source. */
    readonly nonce: string;
    readonly timeMs: number;
    readonly validators: GenesisFile["validators"];
  },
): GenesisFile {
  const { id, profile, genesis } = network.spec.chain;
  const { blockInterval, emptyBlockInterval, allocations } = genesis.create;
  return {
    chainId: id,
    profile,
    nonce: fresh.nonce,
    timeMs: fresh.timeMs,
    parameters: {
      ...(blockInterval === undefined ? {} : { minBlockMs: durationMs(blockInterval) }),
      emptyBlockIntervalMs: durationMs(emptyBlockInterval),
    },
    validators: fresh.validators,
    allocations,
  };
}

/** The ConfigMap that holds `text`, the genesis whose hash is `hash`, and the UIDs of the first claims. */
export function genesisConfigMap(
  context: BuildContext,
  genesis: {
    readonly text: string;
    readonly hash: string;
    readonly firstClaims: GenesisFacts["firstClaims"];
  },
): Manifest {
  const { network } = context;
  const retained = network.spec.template.storage.deletionPolicy === "Retain";
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: genesisName(network.name),
      namespace: network.namespace,
      labels: networkLabels(network.name),
      annotations: { [GENESIS_HASH_ANNOTATION]: genesis.hash },
      ...ownedUnless(retained, context),
    },
    immutable: true,
    data: {
      [GENESIS_KEY]: genesis.text,
      [FIRST_CLAIMS_KEY]: `${JSON.stringify(genesis.firstClaims)}\n`,
    },
  };
}
