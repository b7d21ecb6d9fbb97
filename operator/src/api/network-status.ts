/**
 * The status of a TimeCoinNetwork: only what the operator observes itself. Also the one durable record
 * of permits: a disruption is written here before the act, and a new leader resumes from it.
 */
import { z } from "zod";
import { ConditionsSchema } from "./condition.ts";

export const MAX_DISRUPTIONS = 32;

const dateTime = z.string().max(40).meta({ format: "date-time" });
const count = (what: string) => z.int().min(0).describe(what);

export const DisruptionSchema = z.object({
  id: z.string().max(64).describe("Unique per permit"),
  kind: z.enum(["Rollout"]),
  member: z.string().max(32).describe("The one member that may stop"),
  podUID: z.string().max(64).describe("The very pod that may be evicted"),
  since: dateTime,
  deadline: dateTime.describe("When an open permit is reported as stuck"),
});

export type Disruption = z.output<typeof DisruptionSchema>;

export const NetworkStatusSchema = z.object({
  observedGeneration: z.int().min(0).optional(),
  chain: z
    .object({
      genesisHash: z.string().max(64).describe("Identity of the chain"),
      height: count("Highest height that a member reported").optional(),
      observedAt: dateTime.optional().describe("When height was read"),
    })
    .optional(),
  quorum: z
    .object({
      total: count("Voting power of all validators"),
      needed: count("Voting power that decides a block"),
      signing: count("Voting power that signed within the last 3 heights"),
      margin: z.int().describe("signing - needed: below 0 no block is decided"),
      reserve: count("Faults that a planned disruption leaves room for"),
      allowedDisruptions: count("Members that may be stopped now"),
    })
    .optional(),
  validators: z
    .object({
      active: count("Validators of the genesis: those that vote"),
      ready: count("Pods that are ready"),
      updated: count("Pods that run the current spec"),
    })
    .optional(),
  groups: z
    .array(
      z.object({
        name: z.string().max(12),
        role: z.enum(["Validator", "FullNode"]),
        desired: count("Members by spec"),
        ready: count("Pods that are ready"),
        updated: count("Pods that run the current spec"),
      }),
    )
    .max(17)
    .optional()
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] }),
  version: z
    .object({
      current: z.string().max(128).describe("Image tag that all members run; empty while mixed"),
      target: z.string().max(128).describe("Image tag of the spec"),
    })
    .optional(),
  disruptions: z
    .array(DisruptionSchema)
    .max(MAX_DISRUPTIONS)
    .optional()
    .describe("Open permits")
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"] }),
  conditions: ConditionsSchema.optional(),
});

export type NetworkStatus = z.output<typeof NetworkStatusSchema>;
