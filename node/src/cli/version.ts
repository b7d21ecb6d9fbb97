// The program's version, from the package it was installed with: the same for daemon and CLI.

import { readFileSync } from "node:fs";
import { z } from "zod";

const Package = z.object({ version: z.string() });

/** E.g. "0.1.0". Works from src/cli and from dist/cli alike. */
export function readVersion(): string {
  const path = new URL("../../package.json", import.meta.url);
  return Package.parse(JSON.parse(readFileSync(path, "utf8"))).version;
}
