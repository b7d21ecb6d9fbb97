// Does this machine's bounding set hold CAP_SYS_RESOURCE? Some sandboxes take it away, and then a
// privileged container cannot start unless the runtime leaves that capability out.
// Pure but for the reading of /proc. Called by engine.ts and node-image.ts.
import { existsSync, readFileSync } from "node:fs";

/** Its number in linux/capability.h. */
const capSysResource = 24n;

/** Whether the text of /proc/self/status has the capability in its bounding set. */
export function boundingSetHasSysResource(procStatus: string): boolean {
  const match = /^CapBnd:\s*([0-9a-f]+)$/m.exec(procStatus);
  if (match?.[1] === undefined) return true;
  return ((BigInt(`0x${match[1]}`) >> capSysResource) & 1n) === 1n;
}

/** True where the runtime wrapper is needed: Linux, and the capability is missing. */
export function lacksSysResource(): boolean {
  if (!existsSync("/proc/self/status")) return false;
  return !boundingSetHasSysResource(readFileSync("/proc/self/status", "utf8"));
}
