// docs/reference/rpc.md: every JSON-RPC method of the node.

import { HTTP_LIMITS } from "../../node/src/adapters/http-server.ts";
import { ANSWER_LIMITS } from "../../node/src/rpc/answer-room.ts";
import { numberTable } from "../../node/src/rpc/error-numbers.ts";
import type { RpcMethod } from "../../node/src/rpc/method.ts";
import { RPC_METHODS } from "../../node/src/rpc/method-table.ts";
import { schemaTable } from "./json-schema.ts";
import { code, pageHead, table } from "./markdown.ts";
import { transactionFormat } from "./transaction-format.ts";

const { maxConnections, maxPerAddress, maxHeaders, maxHeaderBytes } = HTTP_LIMITS;
const SECOND_MS = 1000;
const MIB = 1024 * 1024;

const INTRO = `JSON-RPC 2.0 by HTTP POST to \`/\` on the RPC port (24001, testnets 24101), single
requests and batches, parameters by position or by name. There is no authentication and no privileged
method; the node holds no wallet. Hashes are 64 lowercase hex digits. Amounts are text: \`amount\` in
TIME, \`satoshi\` in 10^-8 TIME. Every committed block is final. Changes of a running node are made by the
[admin API](admin.md).

A request without \`jsonrpc\`, or with 1.0 or 1.1 there, is answered as JSON-RPC 1.x: with both \`result\` and
\`error\`, one of them null. An id goes back digit by digit as it came, however large.

\`\`\`sh
curl -s http://127.0.0.1:24101 -d '{"jsonrpc":"2.0","id":1,"method":"getblockcount"}'
\`\`\`
`;

const STATUS = `## HTTP status codes

| status | when |
| --- | --- |
| 200 | every answer of JSON-RPC, errors included |
| 204 | the request holds only notifications |
| 400 | the body is compressed, or no UTF-8 |
| 403 | the Host header has a name that this listener does not answer to (\`rpc.hostNames\`) |
| 404, 405 | another path than \`/\`, another method than POST |
| 413 | the body is larger than \`rpc.maxBodyBytes\`; said before the body is read |
| 500 | the node failed; its log has the cause |
`;

const LIMITS = `## Limits

Those of bodies, batches and connections are keys of the [configuration](config.md); the others are fixed.

| what | limit |
| --- | --- |
| body, requests in a batch | \`rpc.maxBodyBytes\`, \`rpc.maxBatch\` |
| connections, and of one IP address | \`rpc.maxConnections\`, \`rpc.maxPerAddress\`. A newcomer takes the place of the oldest idle one of the address that has most |
| headers | ${maxHeaders}, ${maxHeaderBytes / 1024} KiB in all |
| time to the end of the headers, and of the body | ${HTTP_LIMITS.headersTimeoutMs / SECOND_MS} s, ${HTTP_LIMITS.requestTimeoutMs / SECOND_MS} s |
| an idle connection stays open | ${HTTP_LIMITS.keepAliveTimeoutMs / SECOND_MS} s |
| a client that reads nothing of its answer | ${HTTP_LIMITS.answerTimeoutMs / SECOND_MS} s |
| one answer, a batch counts as one | ${ANSWER_LIMITS.maxAnswerBytes / MIB} MiB, else \`RPC_ANSWER_TOO_LARGE\` |
| all answers that wait to be read | ${ANSWER_LIMITS.maxPendingBytes / MIB} MiB, else \`RPC_BUSY\` |
| calls that wait in \`waitfortransaction\` | 256, else \`RPC_BUSY\` |

Calls run one after the other, those of a batch too, client addresses in rotation. They take at most about half
of the processor: a call is
followed by a pause as long as itself. The operations and admin listeners have ${maxConnections} connections each,
${maxPerAddress} of one address.
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
    transactionFormat(),
    STATUS,
    LIMITS,
    "## Errors\n",
    "`error.data` holds the stable `code` and the `action` to take; see [errors.md](errors.md).\n",
    `${table(["number", "codes"], numbers)}\n`,
  ].join("\n");
}
