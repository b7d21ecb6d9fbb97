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

const Answer = z.object({
  result: z.unknown().optional(),
  error: z
    .object({
      code: z.number(),
      message: z.string(),
      data: z.object({ code: z.string(), action: z.string() }).optional(),
    })
    .optional(),
});

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
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
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
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
          signal: AbortSignal.timeout(options.timeoutMs),
        });
        const declared = Number(response.headers.get("content-length") ?? 0);
        if (declared > MAX_ANSWER_BYTES) {
          throw new CodedError("RPC_BAD_ANSWER", `${url}: an answer of ${declared} bytes`);
        }
        text = await response.text();
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
