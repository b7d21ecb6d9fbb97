// What is a request: JSON-RPC 2.0, or the 1.x that Bitcoin's older wallets speak. A body is one request or a
// batch of them; ids go back as they came. Called by dispatch.ts.

import { parseKeepingIds, type RawNumber } from "./raw-ids.ts";

export type RequestId = string | RawNumber | null;

/** "1" for a request without `jsonrpc`, or with 1.0 or 1.1: its answer always has result and error. */
export type Version = "1" | "2";

export interface Request {
  readonly version: Version;
  readonly id: RequestId;
  readonly isNotification: boolean;
  readonly method: string;
  readonly params: unknown;
}

/** Why a value is no request, for its error answer. */
export interface NoRequest {
  readonly id: RequestId;
  readonly reason: string;
}

const isId = (id: unknown): id is RequestId =>
  id === null || typeof id === "string" || JSON.isRawJSON(id);

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function versionOf(jsonrpc: unknown): Version | undefined {
  if (jsonrpc === "2.0") return "2";
  return jsonrpc === undefined || jsonrpc === "1.0" || jsonrpc === "1.1" ? "1" : undefined;
}

/** The body's JSON, or undefined where it is none. */
export function readBody(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseKeepingIds(text) };
  } catch {
    return undefined;
  }
}

export function readRequest(value: unknown): Request | NoRequest {
  if (!isFields(value)) return { id: null, reason: "a request is a JSON object" };
  const { id, method, params } = value;
  const refused = (reason: string): NoRequest => ({ id: isId(id) ? id : null, reason });
  const version = versionOf(value.jsonrpc);
  if (version === undefined) return refused('jsonrpc must be "2.0"');
  if (typeof method !== "string") return refused("method must be a string");
  if (params !== undefined && (typeof params !== "object" || params === null)) {
    return refused("params must be an array or an object");
  }
  if (id !== undefined && !isId(id)) return refused("id must be a string, a number or null");
  // A notification of 1.x has the id null; of 2.0, none.
  const isNotification = version === "2" ? id === undefined : id === undefined || id === null;
  return { version, id: id ?? null, isNotification, method, params };
}
