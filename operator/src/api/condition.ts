/**
 * metav1.Condition: its schema, the condition types and reasons of this API, and the rule that
 * lastTransitionTime moves only when the status does. Written by status/, read by users and by
 * `kubectl wait`.
 */
import { z } from "zod";

export const ConditionSchema = z.object({
  type: z.string().max(64).describe("Name of the condition"),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds"),
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe("Generation of the spec that it was judged on"),
  lastTransitionTime: z
    .string()
    .max(40)
    .describe("When the status changed last")
    .meta({ format: "date-time" }),
  reason: z
    .string()
    .max(128)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .describe("Why, as a stable name for programs"),
  message: z.string().max(2048).describe("Why, as a sentence for people"),
});

export type Condition = z.output<typeof ConditionSchema>;

/** A judgement before it meets the previous status: what the checks of plan/ return. */
export interface Verdict {
  readonly status: Condition["status"];
  readonly reason: string;
  readonly message: string;
}

/** Bound of the conditions in one status. */
export const MAX_CONDITIONS = 16;

export const ConditionsSchema = z
  .array(ConditionSchema)
  .max(MAX_CONDITIONS)
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] });

/**
 * `verdict` as a condition: it keeps the previous transition time where the status is the same.
 * `now` is RFC 3339 in UTC, whole seconds.
 */
export function conditionOf(
  type: string,
  verdict: Verdict,
  context: {
    readonly previous: readonly Condition[];
    readonly generation: number;
    readonly now: string;
  },
): Condition {
  const before = context.previous.find((condition) => condition.type === type);
  const lastTransitionTime =
    before !== undefined && before.status === verdict.status
      ? before.lastTransitionTime
      : context.now;
  return {
    type,
    status: verdict.status,
    observedGeneration: context.generation,
    lastTransitionTime,
    reason: verdict.reason,
    message: verdict.message.slice(0, 2048),
  };
}
