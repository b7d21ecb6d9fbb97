// Which Host header a request may carry. A web page can give its own name the address of this machine and
// then ask a listener that only local programs should reach; the name in the Host header gives it away.
// Addresses and localhost are always right. Used by http-server.ts.

import { isIP } from "node:net";

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host.startsWith("127.");

/** The name in a Host header, without port and brackets. */
function nameIn(header: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(header)?.[1];
  return (bracketed ?? header.replace(/:\d+$/, "")).toLowerCase().replace(/\.$/, "");
}

/**
 * Judges Host headers for a listener on `listenHost`. Without `names`, one on a loopback address takes no
 * name, and every other one takes any: it is there for others, by names that it cannot know.
 */
export function hostRule(
  listenHost: string,
  names: readonly string[],
): (header: string | undefined) => boolean {
  const known = new Set(names.map((name) => name.toLowerCase()));
  const takesAny = known.size === 0 && !isLoopback(listenHost);
  return (header) => {
    if (header === undefined || takesAny) return true;
    const name = nameIn(header);
    return name === "localhost" || isIP(name) !== 0 || known.has(name);
  };
}
