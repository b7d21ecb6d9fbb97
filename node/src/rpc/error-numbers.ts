// The numbers of JSON-RPC errors: those of the specification, and the application's, which the
// original node and Bitcoin's wallets know (-5 not found, -8 invalid, -11 timeout, -26 rejected).
// The stable code of the catalogue travels in `data`. Pure.

import { CodedError, ERRORS, type ErrorCode } from "../types/errors.ts";

const NUMBERS: Readonly<Partial<Record<ErrorCode, number>>> = {
  RPC_PARSE: -32700,
  RPC_INVALID_REQUEST: -32600,
  RPC_BODY_TOO_LARGE: -32600,
  RPC_BATCH_TOO_LARGE: -32600,
  RPC_ANSWER_TOO_LARGE: -32600,
  RPC_METHOD_UNKNOWN: -32601,
  RPC_INVALID_PARAMS: -32602,
  RPC_INTERNAL: -32603,
  RPC_NOT_FOUND: -5,
  ADDRESS_CHECKSUM: -8,
  ADDRESS_LENGTH: -8,
  ADDRESS_NETWORK: -8,
  ADDRESS_PREFIX: -8,
  CODEC_MALFORMED: -8,
  CODEC_TOO_LARGE: -8,
  RPC_TIMEOUT: -11,
  RPC_BUSY: -12,
  RPC_STOPPING: -28,
};

const REJECTED = -26;

export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly code: ErrorCode; readonly action: string };
}

/** The number of a code; every refusal of a transaction is -26. */
const numberOf = (code: ErrorCode): number =>
  NUMBERS[code] ?? (/^(TX|MEMPOOL)_/.test(code) ? REJECTED : -32603);

export const errorObject = (code: ErrorCode, message: string): RpcErrorObject => ({
  code: numberOf(code),
  message,
  data: { code, action: ERRORS[code].action },
});

/** All numbers with the codes that have them, for the reference. */
export function numberTable(): ReadonlyMap<number, readonly ErrorCode[]> {
  const table = new Map<number, ErrorCode[]>();
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const number = numberOf(code);
    const isOfRpc = NUMBERS[code] !== undefined || number === REJECTED;
    if (isOfRpc) table.set(number, [...(table.get(number) ?? []), code]);
  }
  return table;
}

export const notFound = (what: string): CodedError => new CodedError("RPC_NOT_FOUND", what);
