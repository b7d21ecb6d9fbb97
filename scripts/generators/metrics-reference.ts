// docs/reference/metrics.md: every metric of the node.

import { MAX_SERIES, METRIC_PREFIX, METRIC_ROWS } from "../../node/src/types/metrics.ts";
import { code, pageHead, table } from "./markdown.ts";

export function metricsReference(): string {
  const rows = METRIC_ROWS.map(({ name, type, labels, help, buckets }) => [
    code(METRIC_PREFIX + name),
    type,
    labels.map(code).join(", "),
    buckets === undefined ? help : `${help} Buckets: ${buckets.join(", ")}.`,
  ]);
  const intro =
    "`GET /metrics` on the operations port (24003, testnets 24103). Besides these, the process's and " +
    "Node's own metrics (`process_*`, `nodejs_*`) and `event_loop_utilization`. A metric has at most " +
    `${MAX_SERIES} combinations of label values; further ones are counted under "other".\n`;
  const head = pageHead("Metrics", "node/src/types/metrics.ts", intro);
  return `${head}\n${table(["metric", "type", "labels", "meaning"], rows)}\n`;
}
