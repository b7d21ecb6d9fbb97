// One RPC method: name, parameters, result and handler, all typed by their zod schemas. Parameters
// come by name or by position, in the order of the schema's keys; unknown and surplus ones are
// refused. The reference page is generated from the same rows. Pure but for what handlers ask.

import { z } from "zod";
import { CodedError } from "../types/errors.ts";
import type { NodeFacts } from "./node-facts.ts";

/** What belongs to one call rather than to the node. */
export interface CallContext {
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** Takes one of the places for waiting calls; returns the release, or undefined where all are taken. */
  takeWaitingPlace(): (() => void) | undefined;
}

export interface RpcMethod {
  readonly name: string;
  readonly summary: string;
  readonly params: z.ZodObject;
  readonly result: z.ZodType;
  /** True where the call mostly waits: others have their turn meanwhile. */
  readonly waits: boolean;
  /** @throws CodedError with any code that error-numbers.ts maps. */
  call(facts: NodeFacts, params: unknown, context: CallContext): Promise<unknown>;
}

interface Definition<P extends z.ZodObject, R extends z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly params: P;
  readonly result: R;
  readonly waits?: boolean;
  readonly handle: (
    facts: NodeFacts,
    params: z.output<P>,
    context: CallContext,
  ) => z.input<R> | Promise<z.input<R>>;
}

function namedParams(schema: z.ZodObject, params: unknown): unknown {
  if (params === undefined) return {};
  if (!Array.isArray(params)) return params;
  const names = Object.keys(schema.shape);
  if (params.length > names.length) {
    throw new CodedError(
      "RPC_INVALID_PARAMS",
      `takes at most ${names.length} parameters (${names.join(", ")}), got ${params.length}`,
    );
  }
  return Object.fromEntries(params.map((value: unknown, place) => [names[place], value]));
}

/** A row of the method table. */
export function defineMethod<P extends z.ZodObject, R extends z.ZodType>(
  definition: Definition<P, R>,
): RpcMethod {
  const { name, summary, params: schema, result, handle } = definition;
  return {
    name,
    summary,
    params: schema,
    result,
    waits: definition.waits ?? false,
    async call(facts, params, context) {
      const parsed = schema.safeParse(namedParams(schema, params));
      if (!parsed.success) {
        const reasons = parsed.error.issues.map(({ path, message }) =>
          path.length === 0 ? message : `${path.join(".")}: ${message}`,
        );
        throw new CodedError("RPC_INVALID_PARAMS", `${name}: ${reasons.join("; ")}`);
      }
      return await handle(facts, parsed.data, context);
    },
  };
}

export const noParams = z.strictObject({});

export const hash = (what: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected 64 lowercase hex digits")
    .describe(what);

export const height = (what: string) => z.int().min(0).describe(what);

/** An amount twice: for people, and for programs that must not round. */
export const amountFields = {
  amount: z.string().describe("TIME, decimal"),
  satoshi: z.string().describe("The same in satoshi (1 TIME = 100000000)"),
};
