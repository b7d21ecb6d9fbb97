// How a mutant reaches the process that tries it: a JSON file named by an environment variable, read by
// trial.ts (a module hook) and vitest.config.ts (a plugin). No file of the project is ever changed.

import { readFileSync } from "node:fs";

export const MUTANT_FILE_VARIABLE = "TIMECOIN_MUTANT_FILE";

export interface MutatedModule {
  /** Absolute path of the module that is replaced. */
  readonly path: string;
  readonly source: string;
}

/** The mutated module of this process. */
export function mutatedModule(): MutatedModule {
  const path = process.env[MUTANT_FILE_VARIABLE];
  if (path === undefined) throw new Error(`${MUTANT_FILE_VARIABLE} names no file`);
  return JSON.parse(readFileSync(path, "utf8")) as MutatedModule;
}
