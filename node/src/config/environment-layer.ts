// The environment as a configuration layer: TIMECOIN_RPC_PORT sets rpc.port. A variable with this prefix that
// names no key is refused like any unknown key. Two kinds are passed over, because others set them: those of
// the development tooling, and those by which Kubernetes describes every Service to every pod of its
// namespace (a Service called timecoin becomes TIMECOIN_SERVICE_HOST). Called by load.ts.

import { closest } from "../types/errors/closest.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import { type ConfigLayer, textLayer } from "./layer.ts";
import { CONFIG_LEAVES, type ConfigLeaf } from "./leaves.ts";

/** Names the configuration file where no flag does. */
export const CONFIG_FILE_VARIABLE = "TIMECOIN_CONFIG";

const OTHERS = new Set([
  CONFIG_FILE_VARIABLE,
  "TIMECOIN_BUILD_VERSION",
  "TIMECOIN_CACHE",
  "TIMECOIN_IMAGES",
]);
const SERVICE_VARIABLE = /_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?$/;
const SERVICE_VALUE = /^(tcp|udp|sctp):\/\//;

const isServiceLink = (name: string, value: string): boolean =>
  SERVICE_VARIABLE.test(name) || SERVICE_VALUE.test(value);

/** The layer of all TIMECOIN_ variables. */
export function environmentLayer(
  env: Readonly<Record<string, string | undefined>>,
  directory: string,
): Result<ConfigLayer, "CONFIG_INVALID"> {
  const leaves = new Map(CONFIG_LEAVES.map((leaf) => [leaf.variable, leaf]));
  const texts = new Map<ConfigLeaf, string>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("TIMECOIN_") || value === undefined || OTHERS.has(name)) continue;
    const leaf = leaves.get(name);
    if (isServiceLink(name, value)) {
      // The same name for a Service's port and a key of ours: guessing would be wrong either way.
      if (leaf !== undefined) {
        problems.push(
          `${leaf.path} (environment variable ${name}): set by Kubernetes for a Service of that ` +
            "name; set enableServiceLinks: false on the pod",
        );
      }
      continue;
    }
    if (leaf === undefined) {
      const suggestion = closest(name, leaves.keys());
      const hint = suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
      problems.push(`environment variable ${name}: names no configuration key${hint}`);
      continue;
    }
    texts.set(leaf, value);
  }
  if (problems.length > 0) return fail("CONFIG_INVALID", problems.join("\n"));
  return ok(textLayer(texts, directory, (leaf) => `environment variable ${leaf.variable}`));
}
