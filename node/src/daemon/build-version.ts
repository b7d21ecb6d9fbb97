// The program's version: what the image was built as, or the package's version in a checkout.

import { readVersion } from "../cli/version.ts";

export function buildVersion(env: Readonly<Record<string, string | undefined>>): string {
  const built = env["BUILD_VERSION"] ?? "";
  return built === "" ? readVersion() : built;
}
