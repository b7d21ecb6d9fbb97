/**
 * The one place where a failed call becomes a coded error. Callers branch on predicates, never on
 * message text. A message holds the call, the status and the server's words, bounded; for Secrets the
 * server's words are left out, because a validation error may quote the value it refuses.
 */
import type { JsonObject } from "./types.ts";

interface CodeEntry {
  /** Worth sending again as it is, where the call is idempotent. */
  readonly retryable: boolean;
  readonly next: string;
}

/** Every code with the reader's next action; the reference page of the error codes is made from it. */
export const KUBE_ERRORS = {
  BadRequest: { retryable: false, next: "the request is malformed: a defect, report it" },
  Unauthorized: { retryable: false, next: "check the service account token or the kubeconfig" },
  Forbidden: { retryable: false, next: "compare the operator's Role with the chart's" },
  NotFound: { retryable: false, next: "the object, or its CRD, does not exist" },
  Conflict: { retryable: false, next: "another writer was first: read again and decide again" },
  AlreadyExists: { retryable: false, next: "read the object that is there" },
  Gone: { retryable: false, next: "the resource version is too old: list again" },
  TooLarge: { retryable: false, next: "the body or the list exceeds its bound" },
  Invalid: { retryable: false, next: "read the message: the API server refused the object" },
  Rejected: { retryable: false, next: "read the status and the message" },
  TooManyRequests: { retryable: true, next: "wait for retryAfterMs" },
  ServerError: { retryable: true, next: "look at the API server" },
  Timeout: { retryable: true, next: "look at the network and the API server's load" },
  Network: { retryable: true, next: "look at the network and the API server's address" },
  Protocol: { retryable: false, next: "something other than a Kubernetes API answered" },
  Credentials: { retryable: true, next: "the kubeconfig's authentication failed" },
  Aborted: { retryable: false, next: "the caller stopped the call" },
  Throttled: { retryable: false, next: "the operator's own rate limit is exhausted: try later" },
  InvalidRequest: { retryable: false, next: "the caller passed an unusable argument: a defect" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type KubeErrorCode = keyof typeof KUBE_ERRORS;

export interface KubeErrorFields {
  readonly code: KubeErrorCode;
  readonly message: string;
  /** HTTP status; 0 where no answer arrived. */
  readonly status?: number;
  /** The `reason` of the server's Status object. */
  readonly reason?: string;
  readonly details?: JsonObject;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly code: KubeErrorCode;
  readonly status: number;
  readonly reason: string;
  readonly details: JsonObject;
  readonly retryAfterMs: number | undefined;

  constructor(fields: KubeErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code;
    this.status = fields.status ?? 0;
    this.reason = fields.reason ?? "";
    this.details = fields.details ?? {};
    this.retryAfterMs = fields.retryAfterMs;
  }
}

const MAX_MESSAGE_LENGTH = 1024;

export interface FailedResponse {
  readonly status: number;
  readonly retryAfter?: string | undefined;
  readonly body: string;
  /** What was called, e.g. "get pods/demo-0". */
  readonly call: string;
  /** Leave the server's words out (Secrets). */
  readonly confidential: boolean;
}

/** The error of an answer outside 2xx. */
export function errorOfResponse(failed: FailedResponse): KubeError {
  const server = parseObject(failed.body) ?? {};
  return errorOfStatus({ ...server, code: failed.status }, failed);
}

/** The error of a Status object, as a failed answer or an ERROR line of a watch carries it. */
export function errorOfStatus(
  server: JsonObject,
  context: Pick<FailedResponse, "call" | "confidential" | "retryAfter">,
): KubeError {
  const status = typeof server["code"] === "number" ? server["code"] : 0;
  const reason = typeof server["reason"] === "string" ? server["reason"] : "";
  const words = typeof server["message"] === "string" ? server["message"] : "";
  const details = isJsonObject(server["details"]) ? server["details"] : {};
  const said =
    context.confidential || words === "" ? "" : `: ${words.slice(0, MAX_MESSAGE_LENGTH)}`;
  const retryAfterMs = retryAfterOf(context.retryAfter, details);
  return new KubeError({
    code: codeOf(status, reason),
    status,
    reason,
    details: context.confidential ? {} : details,
    message: `${context.call}: ${status} ${reason}${said}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function codeOf(status: number, reason: string): KubeErrorCode {
  if (status === 409) return reason === "AlreadyExists" ? "AlreadyExists" : "Conflict";
  const exact: { readonly [status: number]: KubeErrorCode } = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    410: "Gone",
    413: "TooLarge",
    422: "Invalid",
    429: "TooManyRequests",
  };
  return exact[status] ?? (status >= 500 ? "ServerError" : "Rejected");
}

/** The header wins over the body. Seconds only: the API server never sends the date form. */
function retryAfterOf(header: string | undefined, details: JsonObject): number | undefined {
  if (header !== undefined && /^\d{1,6}$/.test(header)) return Number(header) * 1000;
  const seconds = details["retryAfterSeconds"];
  return typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // a proxy's HTML page: the status alone has to do
  }
}

/** True for a JSON object, false for arrays and scalars. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const hasCode = (error: unknown, code: KubeErrorCode): boolean =>
  error instanceof KubeError && error.code === code;

/** Someone else wrote in between, a precondition failed, or another manager owns a field (409). */
export const isConflict = (error: unknown): boolean => hasCode(error, "Conflict");
export const isAlreadyExists = (error: unknown): boolean => hasCode(error, "AlreadyExists");
export const isNotFound = (error: unknown): boolean => hasCode(error, "NotFound");
/** The resource version or the continue token is too old (410). */
export const isGone = (error: unknown): boolean => hasCode(error, "Gone");

/** An eviction that a PodDisruptionBudget refused: a 429 that says no, not "slower". */
export function isBudgetRefusal(error: unknown): boolean {
  if (!(error instanceof KubeError) || error.code !== "TooManyRequests") return false;
  const causes = error.details["causes"];
  if (!Array.isArray(causes)) return false;
  return causes.some((cause) => isJsonObject(cause) && cause["reason"] === "DisruptionBudget");
}
