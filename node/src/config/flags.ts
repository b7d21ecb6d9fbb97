// One command-line flag for each leaf of the configuration, for commander: --rpc-port sets rpc.port.
// Derived from the leaves; a value stays text until load.ts reads it, so that an error names the flag.

import { type Command, Option } from "commander";
import { CONFIG_LEAVES, type ConfigLeaf } from "./leaves.ts";

/** Adds every configuration flag to `command`. The help lists only those with a short name: all are 50 lines. */
export function addConfigFlags(command: Command): Command {
  for (const leaf of CONFIG_LEAVES) {
    const placeholder = leaf.kind === "list" ? "<items,...>" : `<${leaf.kind}>`;
    const option = new Option(`${leaf.flag} ${placeholder}`, leaf.description);
    command.addOption(option.hideHelp(!leaf.inHelp));
  }
  return command;
}

/** The configuration flags given to `command`, for loadConfig. */
export function configFlagsOf(command: Command): ReadonlyMap<ConfigLeaf, string> {
  const options = command.opts<Record<string, unknown>>();
  const given = new Map<ConfigLeaf, string>();
  for (const leaf of CONFIG_LEAVES) {
    const value = options[new Option(`${leaf.flag} <value>`).attributeName()];
    if (typeof value === "string") given.set(leaf, value);
  }
  return given;
}
