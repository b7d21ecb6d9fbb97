/**
 * The genesis as an immutable ConfigMap, and the genesis file that goes into it. It is kept with the
 * claims: where the data is retained, so is the genesis that the data belongs to.
 */
import type { GenesisFile } from "@timecoin/node/genesis";
import type { Manifest } from "../api/manifest.ts";
import { durationMs } from "../api/quantity.ts";
import { type BuildContext, ownedUnless } from "./context.ts";
import { GENESIS_HASH_ANNOTATION, networkLabels } from "./labels.ts";
import { genesisName } from "./names.ts";

export const GENESIS_KEY = "genesis.json";

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

/** The ConfigMap that holds `text`, the genesis whose hash is `hash`. */
export function genesisConfigMap(
  context: BuildContext,
  genesis: { readonly text: string; readonly hash: string },
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
    data: { [GENESIS_KEY]: genesis.text },
  };
}
