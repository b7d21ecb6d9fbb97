// docs/reference/rpc.md: every JSON-RPC method of the node.

import { numberTable } from "../../node/src/rpc/error-numbers.ts";
import type { RpcMethod } from "../../node/src/rpc/method.ts";
import { RPC_METHODS } from "../../node/src/rpc/method-table.ts";
import { schemaTable } from "./json-schema.ts";
import { code, pageHead, table } from "./markdown.ts";

const INTRO = `JSON-RPC 2.0 by HTTP POST to \`/\` on the RPC port (24001, testnets 24101), single
requests and batches, parameters by position or by name. There is no authentication and no privileged
method; the node holds no wallet. Hashes are 64 lowercase hex digits. Amounts are text: \`amount\` in
TIME, \`satoshi\` in 10^-8 TIME. Every committed block is final.

\`\`\`sh
curl -s http://127.0.0.1:24101 -d '{"jsonrpc":"2.0","id":1,"method":"getblockcount"}'
\`\`\`
`;

function paramsOf({ params }: RpcMethod): string {
  const { rows } = schemaTable(params, "input");
  if (rows.length === 0) return "No parameters.\n";
  const cells = rows.map(({ path, type, isOptional, fallback, description }) => [
    code(path),
    type,
    isOptional ? (fallback === "" ? "optional" : code(fallback)) : "**required**",
    description,
  ]);
  return `${table(["parameter", "type", "default", "meaning"], cells)}\n`;
}

function resultOf({ result }: RpcMethod): string {
  const { type, description, rows } = schemaTable(result, "output");
  const what = description === "" ? type : `${type}: ${description}`;
  if (rows.length === 0) return `Result: ${what}.\n`;
  const cells = rows.map(({ path, type: fieldType, isOptional, description: meaning }) => [
    code(path),
    isOptional ? `${fieldType}, optional` : fieldType,
    meaning,
  ]);
  return `Result: ${what}\n\n${table(["field", "type", "meaning"], cells)}\n`;
}

const methodSection = (method: RpcMethod): string => {
  const names = Object.keys(method.params.shape).join(", ");
  return `## ${method.name} (${names})\n\n${method.summary}\n\n${paramsOf(method)}\n${resultOf(method)}`;
};

export function rpcReference(): string {
  const numbers = [...numberTable()]
    .toSorted(([a], [b]) => b - a)
    .map(([number, codes]) => [String(number), codes.map(code).join(", ")]);
  return [
    pageHead("JSON-RPC", "node/src/rpc/method-table.ts", INTRO),
    ...RPC_METHODS.map(methodSection),
    "## Errors\n",
    "`error.data` holds the stable `code` and the `action` to take; see [errors.md](errors.md).\n",
    `${table(["number", "codes"], numbers)}\n`,
  ].join("\n");
}
