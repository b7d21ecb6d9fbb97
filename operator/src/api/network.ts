/**
 * A TimeCoinNetwork as the rest of the operator sees it: metadata narrowed, spec with defaults, status
 * as last written. The CRD has refused nearly everything that fails here; what still does (an object
 * stored under another version of the CRD) is an operating error, not a crash. Called by reconcile/.
 */
import { z } from "zod";
import type { OwnerReference } from "./manifest.ts";
import { MAX_NETWORK_NAME, type NetworkSpec, NetworkSpecSchema } from "./network-spec.ts";
import { type NetworkStatus, NetworkStatusSchema } from "./network-status.ts";

export const API_VERSION = "timecoin.dev/v1alpha1";
export const NETWORK_KIND = "TimeCoinNetwork";

export interface TimeCoinNetwork {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly deleting: boolean;
  readonly spec: NetworkSpec;
  readonly status: NetworkStatus;
}

const ObjectSchema = z.object({
  metadata: z.object({
    name: z
      .string()
      .max(MAX_NETWORK_NAME)
      .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.int(),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().optional(),
  }),
  spec: NetworkSpecSchema,
  status: NetworkStatusSchema.catch({}).default({}),
});

export type ParsedNetwork =
  | { readonly ok: true; readonly network: TimeCoinNetwork }
  | { readonly ok: false; readonly reason: string };

/** The network of an object as the API server sent it, or where and why it does not parse. */
export function parseNetwork(object: unknown): ParsedNetwork {
  const parsed = ObjectSchema.safeParse(object);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    return { ok: false, reason: faults.slice(0, 5).join("; ") };
  }
  const { metadata, spec, status } = parsed.data;
  return {
    ok: true,
    network: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      generation: metadata.generation,
      createdAtMs: Date.parse(metadata.creationTimestamp),
      deleting: metadata.deletionTimestamp !== undefined,
      spec,
      status,
    },
  };
}

/** The reference by which a child is deleted with its network. */
export function ownerOf(network: Pick<TimeCoinNetwork, "name" | "uid">): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: NETWORK_KIND,
    name: network.name,
    uid: network.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
