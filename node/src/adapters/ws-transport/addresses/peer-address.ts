// The text form of a peer's address, "nodeId@host:port": the id pins who must answer there, the host is
// a DNS name (resolved at each dial; a trailing dot is allowed), an IPv4 or a bracketed IPv6 address.
// Used for configured peers, for what peers tell of others, and for the advertised address in a hello.

import { isIP } from "node:net";
import { fail, ok, type Result } from "../../../types/errors.ts";
import { MAX_PEER_ADDRESS_BYTES } from "../../../types/limits.ts";

export interface PeerAddress {
  /** 40 lowercase hex digits. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** The canonical text. */
  readonly text: string;
}

const NODE_ID = /^[0-9a-f]{40}$/;
const HOST_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:@\s]+)):([0-9]{1,5})$/;
const DNS_NAME = /^(?:[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)*[a-zA-Z0-9_-]{1,63}\.?$/;

type AddressResult<T> = Result<T, "PEER_ADDRESS_INVALID">;

/** "host:port" taken apart. */
export function parseHostPort(text: string): AddressResult<{ host: string; port: number }> {
  const refuse = (reason: string) => fail("PEER_ADDRESS_INVALID", reason);
  if (text.length > MAX_PEER_ADDRESS_BYTES) return refuse("the address is too long");
  const match = HOST_PORT.exec(text);
  if (match === null) return refuse(`"${printable(text)}" is not host:port`);
  const [, bracketed, plain, portText] = match;
  const port = Number(portText);
  if (port < 1 || port > 65_535) return refuse(`${portText} is not a port`);
  if (bracketed !== undefined) {
    return isIP(bracketed) === 6
      ? ok({ host: bracketed.toLowerCase(), port })
      : refuse(`"${printable(bracketed)}" is not an IPv6 address`);
  }
  const host = plain ?? "";
  return isIP(host) === 4 || DNS_NAME.test(host)
    ? ok({ host: host.toLowerCase(), port })
    : refuse(`"${printable(host)}" is not a host name`);
}

/** "nodeId@host:port" taken apart. */
export function parsePeerAddress(text: string): AddressResult<PeerAddress> {
  const at = text.indexOf("@");
  const id = text.slice(0, Math.max(at, 0)).toLowerCase();
  if (!NODE_ID.test(id)) {
    return fail(
      "PEER_ADDRESS_INVALID",
      `"${printable(text)}" does not start with 40 hex digits and @`,
    );
  }
  const rest = parseHostPort(text.slice(at + 1));
  if (!rest.ok) return rest;
  return ok({ id, ...rest.value, text: formatPeerAddress(id, rest.value.host, rest.value.port) });
}

/** The canonical text of an address. */
export function formatPeerAddress(id: string, host: string, port: number): string {
  return `${id}@${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** Text of strangers, fit for a log line: printable ASCII, at most 80 characters. */
function printable(text: string): string {
  return text.slice(0, 80).replaceAll(/[^\x20-\x7e]/g, "?");
}
