// Options of the entry points: a wrong one is answered with the usage, as a coded error.
// Called by start.ts, down.ts and cluster/main.ts.
import { type ParseArgsConfig, parseArgs } from "node:util";
import { reasonOf, ToolingError } from "./coded-error.ts";

/** The command line is not understood; `usage` says what is. */
export function usageFailure(reason: string, usage: string): ToolingError {
  return new ToolingError({
    code: "CLUSTER_USAGE",
    thing: "the command line",
    place: "this command",
    reason,
    action: `Usage: ${usage}`,
  });
}

/** `parseArgs`, with CLUSTER_USAGE for what it refuses. */
export function parseOptions<T extends ParseArgsConfig>(
  config: T,
  usage: string,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw usageFailure(reasonOf(error), usage);
  }
}
