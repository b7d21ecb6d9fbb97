// Options of the measuring tools: a wrong one is answered with the reason and the usage, and exit code
// 2. Called by tools whose work
// begins at once.

import { type ParseArgsConfig, parseArgs } from "node:util";

/** `parseArgs`; ends the process with code 2 where it refuses. */
export function readToolOptions<const T extends NonNullable<ParseArgsConfig["options"]>>(
  options: T,
  usage: string,
): ReturnType<typeof parseArgs<{ options: T }>>["values"] {
  if (process.argv.includes("--help")) {
    console.log(`usage: ${usage}`);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`error: ${(error as Error).message}\nusage: ${usage}`);
    process.exit(2);
  }
}
