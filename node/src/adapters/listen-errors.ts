// What went wrong when a socket could not be opened, as an error of the catalogue: the host, the
// port, what for, and on Linux which process holds it. Used by the HTTP servers and the devnet's
// check of its ports.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { CodedError } from "../types/errors.ts";

const MAX_PROCESSES_SEARCHED = 20_000;
const LISTENING = "0A";

/** Inodes of the sockets that listen on `port`, by /proc/net/tcp{,6}; empty where there is no /proc. */
function listeningInodes(port: number): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readText(table).split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [, local = "", , state] = fields;
      const localPort = Number.parseInt(local.split(":")[1] ?? "", 16);
      const inode = fields[9];
      if (localPort === port && state === LISTENING && inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

/** "pid 12 (node)" of the process that listens on the TCP port, or undefined where it is not seen. */
export function holderOf(port: number): string | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  const processes = listOf("/proc").filter((name) => /^\d+$/.test(name));
  for (const pid of processes.slice(0, MAX_PROCESSES_SEARCHED)) {
    const holds = listOf(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
    if (holds) return `pid ${pid} (${readText(`/proc/${pid}/comm`).trim()})`;
  }
  return undefined;
}

/** `what` is the purpose, e.g. "RPC"; `cause` is what listen() failed with. */
export function listenError(
  cause: NodeJS.ErrnoException,
  what: string,
  host: string,
  port: number,
): CodedError {
  const place = `${what} cannot listen on ${host}:${port}`;
  const options = { cause, details: { host, port } };
  switch (cause.code) {
    case "EADDRINUSE": {
      const holder = holderOf(port);
      const who = holder === undefined ? "another process" : holder;
      return new CodedError("PORT_IN_USE", `${place}: ${who} listens there`, options);
    }
    case "EACCES":
      return new CodedError("PORT_DENIED", `${place}: the system does not allow it`, options);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new CodedError("HOST_UNAVAILABLE", `${place}: no such address here`, options);
    case undefined:
    default:
      return new CodedError("HOST_UNAVAILABLE", `${place}: ${cause.message}`, options);
  }
}

// Processes come and go while /proc is read, and others' descriptors are not ours to see: what
// cannot be read is taken as absent, as it only makes the message shorter.
function attempt<T>(read: () => T, absent: T): T {
  try {
    return read();
  } catch {
    return absent;
  }
}
const readText = (path: string): string => attempt(() => readFileSync(path, "utf8"), "");
const listOf = (path: string): readonly string[] => attempt(() => readdirSync(path), []);
const linkOf = (path: string): string => attempt(() => readlinkSync(path), "");
