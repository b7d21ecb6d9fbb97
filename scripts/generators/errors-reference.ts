// docs/reference/errors.md: the error catalogue of the node.

import { ERRORS } from "../../node/src/types/errors.ts";
import { code, pageHead, table } from "./markdown.ts";

export function errorsReference(): string {
  const rows = Object.entries(ERRORS)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { meaning, action }]) => [code(name), meaning, action]);
  const intro =
    "Every failure of `timed` and `time-cli` has one of these codes: in the log, in RPC answers " +
    "(`error.data.code`) and in what the programs print. A code keeps its meaning for ever.\n";
  const head = pageHead("Error codes", "node/src/types/errors.ts", intro);
  return `${head}\n${table(["code", "meaning", "next step"], rows)}\n`;
}
