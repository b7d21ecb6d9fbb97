/**
 * Turns the body of a watch into events: one JSON object on each line. A line is bounded; an ERROR line or
 * anything that is not an event ends the stream with a KubeError. Used by KubeHttp.watch.
 */
import { StringDecoder } from "node:string_decoder";
import { errorOfStatus, isJsonObject, KubeError } from "./errors.ts";
import type { KubeObject, WatchEvent } from "./types.ts";

/** Several times etcd's limit for one object. */
const MAX_LINE_LENGTH = 8 * 1024 * 1024;

export interface WatchContext {
  readonly call: string;
  readonly confidential: boolean;
}

/** The events of `chunks`, in order, until the server closes the body. */
export async function* watchEvents(
  chunks: AsyncIterable<Buffer>,
  context: WatchContext,
): AsyncGenerator<WatchEvent> {
  for await (const line of lines(chunks)) yield eventOf(line, context);
}

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let pieces: string[] = [];
  let pendingLength = 0;
  for await (const chunk of chunks) {
    const parts = decoder.write(chunk).split("\n");
    for (const [index, part] of parts.entries()) {
      pieces.push(part);
      pendingLength += part.length;
      if (pendingLength > MAX_LINE_LENGTH) {
        throw new KubeError({ code: "TooLarge", message: "a watch event exceeds its bound" });
      }
      if (index === parts.length - 1) break;
      const line = pieces.join("");
      pieces = [];
      pendingLength = 0;
      if (line !== "") yield line;
    }
  }
  // What follows the last newline is an event cut short; the next watch delivers it again.
}

function eventOf(line: string, context: WatchContext): WatchEvent {
  const value = parse(line, context);
  const { type, object } = value;
  if (!isJsonObject(object)) throw malformed(context);
  if (type === "ERROR") throw errorOfStatus(object, context);
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED" && type !== "BOOKMARK") {
    throw malformed(context);
  }
  if (!isKubeObject(object)) throw malformed(context);
  return { type, object };
}

function parse(line: string, context: WatchContext): { readonly [field: string]: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    if (isJsonObject(value)) return value;
  } catch (cause) {
    throw malformed(context, cause);
  }
  throw malformed(context);
}

function malformed(context: WatchContext, cause?: unknown): KubeError {
  // The parser's message quotes its input, which may be a Secret.
  const kept = context.confidential ? undefined : cause;
  return new KubeError({
    code: "Protocol",
    message: `${context.call}: not a watch event`,
    cause: kept,
  });
}

/** True where `value` has what every object of the API has. */
export function isKubeObject(value: unknown): value is KubeObject {
  if (!isJsonObject(value) || !isJsonObject(value["metadata"])) return false;
  return typeof value["apiVersion"] === "string" && typeof value["kind"] === "string";
}
