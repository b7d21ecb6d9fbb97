// Where a devnet keeps compiled code between starts: it halves the processor time of a start. A folder
// of the user's own, as whoever may write there decides what runs.

import { homedir } from "node:os";
import { join } from "node:path";

export function compileCacheDirectory(env: Readonly<Record<string, string | undefined>>): string {
  return join(env["TIMECOIN_CACHE"] ?? join(homedir(), ".cache", "timecoin"), "compile");
}
