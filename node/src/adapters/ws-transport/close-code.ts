// Why a link ended, as both sides know it: the reasons of the error catalogue that travel as WebSocket
// close codes. No free text of a peer is ever read, so its log line cannot be forged. The numbers are
// part of the protocol: append only.

import type { ErrorCode } from "../../types/errors.ts";

const WIRE_CODES = {
  PEER_GENESIS_MISMATCH: 4001,
  PEER_CHAIN_MISMATCH: 4002,
  PEER_PROTOCOL_VERSION: 4003,
  PEER_IDENTITY: 4004,
  PEER_SELF: 4005,
  PEER_TOO_MANY: 4006,
  PEER_SLOW: 4007,
  PEER_BANNED: 4008,
  PEER_DUPLICATE: 4009,
  PEER_REPLACED: 4010,
  PEER_DISCONNECTED: 4011,
  PEER_MALFORMED: 4012,
  PEER_FRAME_TOO_LARGE: 1009,
  PEER_STOPPING: 1001,
} as const satisfies Partial<Record<ErrorCode, number>>;

/** A reason that this node gives. */
export type CloseReason = keyof typeof WIRE_CODES;

/** Every reason for which a link, or the attempt to make one, can end. */
export type LinkEnd =
  | CloseReason
  | "PEER_CLOSED"
  | "PEER_HANDSHAKE_TIMEOUT"
  | "PEER_HANDSHAKE_FAILED"
  | "PEER_UNREACHABLE";

const BY_NUMBER: ReadonlyMap<number, CloseReason> = new Map(
  Object.entries(WIRE_CODES).map(([reason, wire]) => [wire, reason as CloseReason]),
);

export const wireCode = (reason: CloseReason): number => WIRE_CODES[reason];

/** The reason behind a close code of the peer; PEER_CLOSED where it is none of ours. */
export function reasonOf(wire: number): CloseReason | "PEER_CLOSED" {
  return BY_NUMBER.get(wire) ?? "PEER_CLOSED";
}

/** What a failure of ws says about the link. */
export function reasonOfError(error: Error): CloseReason | "PEER_CLOSED" {
  const code = "code" in error ? String(error.code) : "";
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return "PEER_FRAME_TOO_LARGE";
  return code.startsWith("WS_ERR_") ? "PEER_MALFORMED" : "PEER_CLOSED";
}
