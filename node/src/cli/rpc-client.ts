// A JSON-RPC client of one URL. An error of the node keeps its code and next step, also where this
// version does not know the code; everything else is RPC_UNREACHABLE or RPC_BAD_ANSWER.

import { z } from "zod";
import { CodedError } from "../types/errors.ts";

/** An error that the node answered with. */
export class RemoteError extends Error {
  /** A code of the node's catalogue, or `RPC <number>` where it sent none. */
  readonly code: string;
  readonly action: string;

  constructor(code: string, message: string, action: string) {
    super(message);
    this.name = "RemoteError";
    this.code = code;
    this.action = action;
  }
}

export interface RpcClient {
  readonly url: string;
  /** @throws RemoteError, or CodedError RPC_UNREACHABLE or RPC_BAD_ANSWER. */
  call(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown>;
}

const ID = 1;

/** What JSON-RPC 2.0 answers to request ID: a result, or an error (with id null where it was not read). */
const Answer = z.union([
  z.object({
    jsonrpc: z.literal("2.0"),
    id: z.literal(ID),
    result: z.unknown().refine((result) => result !== undefined),
    error: z.undefined().optional(),
  }),
  z.object({
    jsonrpc: z.literal("2.0"),
    id: z.union([z.literal(ID), z.null()]),
    result: z.undefined().optional(),
    error: z.object({
      code: z.number(),
      message: z.string(),
      data: z.object({ code: z.string(), action: z.string() }).optional(),
    }),
  }),
]);

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** What a failed fetch says of the network, without its stack of wrappers. */
function networkReason(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return String(inner);
  const { code } = inner as NodeJS.ErrnoException;
  return inner.message === "" ? (code ?? inner.name) : inner.message;
}

function readAnswer(text: string, url: string): unknown {
  const bad = (reason: string) => new CodedError("RPC_BAD_ANSWER", `${url}: ${reason}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad(`the answer is not JSON: ${JSON.stringify(text.slice(0, 80))}`);
  }
  const parsed = Answer.safeParse(json);
  if (!parsed.success) throw bad("the answer is not JSON-RPC 2.0");
  const { error, result } = parsed.data;
  if (error === undefined) return result;
  const { code = `RPC ${error.code}`, action = "" } = error.data ?? {};
  throw new RemoteError(code, error.message, action);
}

export interface RpcClientOptions {
  readonly fetch: typeof fetch;
  /** Longest wait for one answer, above what the call itself asks the node to wait. */
  readonly timeoutMs: number;
}

/** How long the call asks the node to wait before it answers. */
const waitOf = ({ timeoutMs }: Readonly<Record<string, unknown>>): number =>
  typeof timeoutMs === "number" ? timeoutMs : 0;

/** The body, read no further than the limit. */
async function textOf(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) {
      throw new CodedError("RPC_BAD_ANSWER", `${url}: more than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A client of `url`. */
export function createRpcClient(url: string, options: RpcClientOptions): RpcClient {
  return {
    url,
    async call(method, params) {
      let text: string;
      try {
        const response = await options.fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ jsonrpc: "2.0", id: ID, method, params }),
          signal: AbortSignal.timeout(options.timeoutMs + waitOf(params)),
        });
        text = await textOf(response, url);
      } catch (cause) {
        if (cause instanceof CodedError) throw cause;
        throw new CodedError("RPC_UNREACHABLE", `${url}: ${networkReason(cause)}`, { cause });
      }
      return readAnswer(text, url);
    },
  };
}

/**
 * Calls a method and reads its answer.
 * @throws as call() does, and CodedError RPC_BAD_ANSWER where the answer is not of that form.
 */
export async function ask<T>(
  client: RpcClient,
  method: string,
  params: object,
  schema: z.ZodType<T>,
): Promise<T> {
  const parsed = schema.safeParse(await client.call(method, { ...params }));
  if (parsed.success) return parsed.data;
  const reason = z.prettifyError(parsed.error).replaceAll("\n", " ");
  throw new CodedError("RPC_BAD_ANSWER", `${client.url}: ${method}: ${reason}`);
}
