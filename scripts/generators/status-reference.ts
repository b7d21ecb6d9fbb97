// docs/reference/status.md: the operations endpoints and the fields of /status.

import { NodeStatusSchema } from "../../node/src/ops/status-schema.ts";
import { schemaTable } from "./json-schema.ts";
import { code, pageHead, table } from "./markdown.ts";

const ENDPOINTS: readonly (readonly [string, string, string])[] = [
  ["/livez", "200", "The event loop turns. Says nothing about the network."],
  ["/startupz", "200, 503", "Start-up is complete."],
  ["/readyz", "200, 503", "Serves and has caught up. Never asks for a quorum."],
  ["/caught-up", "200, 503", "Has all blocks that its peers have."],
  [
    "/safe-to-stop",
    "200, 409",
    "The power that signed the last 3 certificates keeps a quorum without this node, and from 7 validators on one more in reserve.",
  ],
  ["/status", "200", "The fields below."],
  ["/metrics", "200", "See [metrics.md](metrics.md)."],
];

export function statusReference(): string {
  const intro =
    "HTTP GET on the operations port (24003, testnets 24103). Probes answer " +
    '`{"ok": …, "reason": "…"}`. The fields of `/status` only ever grow.\n';
  const { rows } = schemaTable(NodeStatusSchema, "output");
  const fields = rows.map(({ path, type, description }) => [code(path), type, description]);
  const endpoints = ENDPOINTS.map(([path, status, meaning]) => [code(path), status, meaning]);
  return [
    pageHead("Operations endpoints", "node/src/ops/status-schema.ts", intro),
    `${table(["path", "HTTP status", "meaning"], endpoints)}\n`,
    `## /status\n\n${table(["field", "type", "meaning"], fields)}\n`,
  ].join("\n");
}
