// The program's version, from the package it was installed with: the same for daemon and CLI. Without
// imports of libraries: every start of the program passes through here.

import { readFileSync } from "node:fs";
import { invariant } from "../types/errors.ts";

/** E.g. "0.1.0". Works from src/cli and from dist/cli alike. */
export function readVersion(): string {
  const path = new URL("../../package.json", import.meta.url);
  const manifest = JSON.parse(readFileSync(path, "utf8")) as { readonly version?: unknown };
  invariant(typeof manifest.version === "string", "the package has a version");
  return manifest.version;
}
