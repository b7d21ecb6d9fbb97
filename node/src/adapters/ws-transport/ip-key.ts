// What counts as one IP address for the limits: an IPv4 address, or the /64 of an IPv6 one, since a
// single host usually has a whole /64 to choose from.

import { isIP } from "node:net";

/** The key of a socket's remote address; "" where the socket is gone already. */
export function ipKey(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return "";
  const address = remoteAddress.toLowerCase().replace(/%.*$/, "");
  const mapped = /^::ffff:([0-9.]+)$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  return isIP(address) === 6 ? prefix64(address) : address;
}

function prefix64(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const tailGroups = tail === "" ? [] : tail.split(":");
    while (groups.length + tailGroups.length < 8) groups.push("0");
    groups.push(...tailGroups);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
