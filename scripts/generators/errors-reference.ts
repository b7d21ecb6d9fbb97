// docs/reference/errors.md: the error catalogues of node, operator and tooling, all of one form.

import { TOOLING_ERRORS } from "../../e2e/tools/tooling-errors.ts";
import type { ErrorEntry } from "../../node/src/types/errors/error-entry.ts";
import { ERRORS } from "../../node/src/types/errors.ts";
import { KUBE_ERRORS } from "../../operator/src/kube/errors.ts";
import { code, pageHead, table } from "./markdown.ts";

const INTRO =
  "Every failure has a code, and every code says what it means and what to do next. A code keeps its " +
  "meaning for ever. `time-cli` passes on the code that a node answered with.\n";

const SECTIONS: readonly (readonly [string, string, Readonly<Record<string, ErrorEntry>>])[] = [
  [
    "Node",
    "`timed` and `time-cli`: in the log, in RPC answers (`error.data.code`) and in what they print.",
    ERRORS,
  ],
  [
    "Operator",
    "Calls to the Kubernetes API: in the operator's log (`err.code`, `err.action`) and in the Event `ReconcileFailed`.",
    KUBE_ERRORS,
  ],
  [
    "Tooling",
    "`npm start`, `npm run down` and the cluster behind them. A failure may name the next step more exactly.",
    TOOLING_ERRORS,
  ],
];

export function errorsReference(): string {
  const sections = SECTIONS.map(([title, where, catalogue]) => {
    const rows = Object.entries(catalogue)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { meaning, action }]) => [code(name), meaning, action]);
    return `## ${title}\n\n${where}\n\n${table(["code", "meaning", "next step"], rows)}\n`;
  });
  const source =
    "node/src/types/errors.ts, operator/src/kube/errors.ts and e2e/tools/tooling-errors.ts";
  return [pageHead("Error codes", source, INTRO), ...sections].join("\n");
}
