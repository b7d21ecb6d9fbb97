// The daemon as it is shipped: compiled to JavaScript. From its sources a daemon takes 27 MiB more, because Node
// then loads a TypeScript parser. Used by benchmarks of memory.

import { execFileSync } from "node:child_process";
import { fromRoot } from "../network/product-images.ts";

/** Compiles, and gives the path of the daemon's program. */
export function compiledDaemon(): string {
  const args = ["run", "--silent", "build", "--workspace", "node"];
  execFileSync("npm", args, { cwd: fromRoot(), stdio: ["ignore", "inherit", "inherit"] });
  return fromRoot("node/dist/timed.js");
}
