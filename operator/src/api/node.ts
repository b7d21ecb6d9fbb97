/**
 * TimeCoinNode: one member of a network, written by the operator alone, so that the network's own
 * status stays small at 100 members. Deleting one means nothing: the operator makes it again.
 */
import { z } from "zod";
import { ConditionsSchema } from "./condition.ts";

export const NODE_KIND = "TimeCoinNode";

export const NodeSpecSchema = z.object({
  networkRef: z
    .object({ name: z.string().max(24).describe("Name of the network") })
    .describe("The network, in the same namespace"),
  member: z.string().max(32).describe("Name of the member within the network, e.g. val-0"),
  role: z.enum(["Validator", "FullNode"]).describe("What the member does"),
});

export const NodeStatusSchema = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe("Generation of the spec that this status is about"),
  publicKey: z
    .string()
    .max(64)
    .optional()
    .describe("Public key of the votes. Full nodes have none"),
  nodeID: z.string().max(40).optional().describe("Id in the network of peers"),
  claimUID: z
    .string()
    .max(64)
    .optional()
    .describe("UID of the claim with the chain data and the sign state"),
  podUID: z.string().max(64).optional().describe("UID of the pod"),
  image: z.string().max(400).optional().describe("Image of the running pod"),
  conditions: ConditionsSchema.optional().describe(
    "What the operator found, one entry for each question",
  ),
});

export type NodeRole = z.output<typeof NodeSpecSchema>["role"];
export type NodeStatus = z.output<typeof NodeStatusSchema>;

const NodeObjectSchema = z.object({
  metadata: z.object({ name: z.string(), generation: z.int().default(1) }),
  status: NodeStatusSchema.catch({}).default({}),
});

/** Status and generation of a stored TimeCoinNode; an unreadable one counts as empty. */
export function parseNode(object: unknown): {
  readonly generation: number;
  readonly status: NodeStatus;
} {
  const parsed = NodeObjectSchema.safeParse(object);
  if (!parsed.success) return { generation: 1, status: {} };
  return { generation: parsed.data.metadata.generation, status: parsed.data.status };
}
