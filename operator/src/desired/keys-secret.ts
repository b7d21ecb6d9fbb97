/**
 * A member's keys as an immutable Secret. Posted once and never applied over: a key that signed must
 * not be replaced by another. Retained ones carry no owner, so no garbage collection reaches them.
 */
import type { Manifest } from "../api/manifest.ts";
import { type BuildContext, type Identity, ownedUnless } from "./context.ts";
import { KEY_LABEL, memberLabels } from "./labels.ts";
import { keysName, type Member } from "./names.ts";

export const VALIDATOR_KEY_FILE = "validator.json";
export const NODE_KEY_FILE = "node.json";

/** The texts of the key files (ASCII), as the node reads them. Secret: never logged. */
export interface KeyFiles {
  /** Absent on full nodes. */
  readonly validator?: string;
  readonly node: string;
}

export function keysSecret(
  context: BuildContext,
  member: Member,
  keys: { readonly files: KeyFiles; readonly identity: Identity },
): Manifest {
  const { network } = context;
  const { files, identity } = keys;
  const retained = network.spec.validators.keys.deletionPolicy === "Retain";
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: keysName(network.name, member.name),
      namespace: network.namespace,
      labels: { ...memberLabels(network.name, member), [KEY_LABEL]: identity.keyHash },
      ...ownedUnless(retained, context),
    },
    immutable: true,
    type: "timecoin.dev/keys",
    data: {
      ...(files.validator === undefined ? {} : { [VALIDATOR_KEY_FILE]: btoa(files.validator) }),
      [NODE_KEY_FILE]: btoa(files.node),
    },
  };
}
