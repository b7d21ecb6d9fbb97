/**
 * A refusal of the fake API server, shaped as the real one's Status object. Thrown by the object table
 * and the write rules, turned into an answer by the server.
 */

export interface FailureFields {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: { readonly [field: string]: unknown };
  readonly retryAfterSeconds?: number;
}

export class ApiFailure extends Error {
  readonly fields: FailureFields;

  constructor(fields: FailureFields) {
    super(fields.message);
    this.fields = fields;
  }

  /** The body of the answer, and the object of an ERROR line of a watch. */
  toStatus(): { readonly [field: string]: unknown } {
    const { status, reason, message, details } = this.fields;
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason,
      ...(details === undefined ? {} : { details }),
      code: status,
    };
  }
}

export const badRequest = (message: string) =>
  new ApiFailure({ status: 400, reason: "BadRequest", message });

export const invalid = (message: string) =>
  new ApiFailure({ status: 422, reason: "Invalid", message });

export const notFound = (what: string) =>
  new ApiFailure({ status: 404, reason: "NotFound", message: `${what} not found` });

export const conflict = (message: string, causes: readonly unknown[] = []) =>
  new ApiFailure({
    status: 409,
    reason: "Conflict",
    message,
    ...(causes.length === 0 ? {} : { details: { causes } }),
  });

export const expired = (message: string) =>
  new ApiFailure({ status: 410, reason: "Expired", message });
