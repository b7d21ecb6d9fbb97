/**
 * The one place where a failed call becomes a coded error. Callers branch on predicates, never on
 * message text. A message holds the call, the status and the server's words, bounded; for Secrets the
 * server's words are left out, because a validation error may quote the value it refuses.
 */
import { type ErrorEntry, entry } from "@timecoin/node/types/errors/error-entry";
import type { JsonObject } from "./types.ts";

interface KubeErrorEntry extends ErrorEntry {
  /** Worth sending again as it is, where the call is idempotent. */
  readonly retryable: boolean;
}

const final = (meaning: string, action: string): KubeErrorEntry => ({
  ...entry(meaning, action),
  retryable: false,
});

const passing = (meaning: string, action: string): KubeErrorEntry => ({
  ...entry(meaning, action),
  retryable: true,
});

/** Every code, what it means and what to do next; docs/reference/errors.md is generated from it. */
export const KUBE_ERRORS = {
  BadRequest: final("The API server cannot read the request.", "This is a defect: report it."),
  Unauthorized: final(
    "The API server does not know the operator.",
    "Check the service account's token, or the kubeconfig.",
  ),
  Forbidden: final(
    "The operator may not do this.",
    "Compare its Role with the one in the chart; install the chart of the operator's own version.",
  ),
  NotFound: final(
    "The object does not exist, or its CRD does not.",
    "Install the CRDs, if they are missing; else nothing: the next pass sees what there is.",
  ),
  Conflict: final(
    "Another writer was first, or another field manager owns the field.",
    "Nothing to do: the next pass decides again on what there is now.",
  ),
  AlreadyExists: final(
    "An object of this name exists.",
    "Remove it or rename it if it is not ours.",
  ),
  Gone: final("The list is too old to go on from.", "Nothing to do: it is read again."),
  TooLarge: final(
    "An answer, a list or a request is above its bound.",
    "Let the operator watch one namespace, or run several operators by operatorClass.",
  ),
  Invalid: final(
    "The API server refuses the object.",
    "Correct the field that the message names, in the network's spec.",
  ),
  Rejected: final(
    "The API server refuses the request.",
    "Read the status and the message: an admission webhook may have said no.",
  ),
  TooManyRequests: passing(
    "The API server asks for a pause, or a disruption budget refuses an eviction.",
    "Nothing to do: it is tried again.",
  ),
  ServerError: passing("The API server failed.", "Look at the API server's health and log."),
  Timeout: passing(
    "The API server did not answer in time.",
    "Look at the network and at the API server's load.",
  ),
  Network: passing(
    "There is no connection to the API server.",
    "Look at the network and at the API server's address.",
  ),
  Protocol: final(
    "Something other than a Kubernetes API answered.",
    "Check the API server's address and what stands before it.",
  ),
  Credentials: passing(
    "The kubeconfig's authentication failed.",
    "Run the kubeconfig's login command by hand and read what it says.",
  ),
  Aborted: final("The operator stopped the call itself.", "Nothing to do."),
  Throttled: final(
    "The operator's own rate limit is used up.",
    "Nothing to do: it is tried later. If it repeats, run several operators by operatorClass.",
  ),
  InvalidRequest: final("The operator made an impossible call.", "This is a defect: report it."),
} as const satisfies Readonly<Record<string, KubeErrorEntry>>;

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
  /** The operator's next step; a field, so that the log has it, too. */
  readonly action: string;
  readonly status: number;
  readonly reason: string;
  readonly details: JsonObject;
  readonly retryAfterMs: number | undefined;

  constructor(fields: KubeErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code;
    this.action = KUBE_ERRORS[fields.code].action;
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
