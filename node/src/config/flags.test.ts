import { Command } from "commander";
import { expect, it } from "vitest";
import { addConfigFlags, configFlagsOf } from "./flags.ts";
import { CONFIG_LEAVES } from "./leaves.ts";

it("reads every configuration flag back by its leaf", () => {
  const args = CONFIG_LEAVES.flatMap(({ flag, path }) => [flag, `value of ${path}`]);
  const command = addConfigFlags(new Command()).parse(args, { from: "user" });
  const given = configFlagsOf(command);
  expect([...given.values()]).toEqual(CONFIG_LEAVES.map(({ path }) => `value of ${path}`));
});

it("gives nothing for flags that were not given", () => {
  expect(configFlagsOf(addConfigFlags(new Command()).parse([], { from: "user" })).size).toBe(0);
});
