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
  id: z.string().max(64).describe("Name of this permit"),
  kind: z.enum(["Rollout"]).describe("Why the member is stopped"),
  member: z.string().max(32).describe("The one member that may stop"),
  podUID: z.string().max(64).describe("UID of the one pod that may be evicted"),
  since: dateTime.describe("When the permit was given"),
  deadline: dateTime.describe("From when on the permit is reported as overdue"),
});

export type Disruption = z.output<typeof DisruptionSchema>;

export const NetworkStatusSchema = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe("Generation of the spec that this status is about"),
  chain: z
    .object({
      genesisHash: z.string().max(64).describe("Hash of the genesis: the identity of the chain"),
      height: count("Highest height that a member reported").optional(),
      observedAt: dateTime.optional().describe("When height was read"),
    })
    .optional()
    .describe("The chain, as its members report it"),
  quorum: z
    .object({
      total: count("Voting power of all validators"),
      needed: count("Voting power that decides a block"),
      signing: count("Voting power that signed within the last 3 heights"),
      margin: z.int().describe("signing minus needed. Below 0 no block is decided"),
      reserve: count("Further validators that may fail during a planned disruption"),
      allowedDisruptions: count("Members that may be stopped now"),
    })
    .optional()
    .describe("Whether blocks can be decided, and how many validators may still fail"),
  validators: z
    .object({
      active: count("Validators of the genesis: the ones that vote"),
      ready: count("Pods that are ready"),
      updated: count("Pods that run the current spec"),
    })
    .optional()
    .describe("The validators, counted"),
  groups: z
    .array(
      z.object({
        name: z.string().max(12).describe("Name of the group"),
        role: z.enum(["Validator", "FullNode"]).describe("What its members do"),
        desired: count("Members that the spec asks for"),
        ready: count("Pods that are ready"),
        updated: count("Pods that run the current spec"),
      }),
    )
    .max(17)
    .optional()
    .describe("Each group of members, counted")
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] }),
  version: z
    .object({
      current: z
        .string()
        .max(128)
        .describe("Image tag that all members run. Empty while they run different ones"),
      target: z.string().max(128).describe("Image tag of the spec"),
    })
    .optional()
    .describe("The version that runs and the one that is wanted"),
  disruptions: z
    .array(DisruptionSchema)
    .max(MAX_DISRUPTIONS)
    .optional()
    .describe("Open permits to stop a member")
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"] }),
  conditions: ConditionsSchema.optional().describe(
    "What the operator found, one entry for each question",
  ),
});

export type NetworkStatus = z.output<typeof NetworkStatusSchema>;
