// The commands that ask one RPC method and show its answer: one row each. Names are those of the
// original CLI: the method's words with dashes.

import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { wholeNumber } from "../../config/whole-number.ts";
import { callAdmin } from "../admin-client.ts";
import { ask, type RpcClient } from "../rpc-client.ts";
import { addAdminOptions, adminTargetOf } from "./admin-options.ts";
import { type CommandContext, clientOf, isJson, show } from "./command-context.ts";

interface QueryRow {
  readonly command: string;
  readonly method: string;
  readonly description: string;
  /** Positional arguments, in the order of the method's parameters. */
  readonly args: readonly QueryArgument[];
  /** The same in the admin API, which is asked where its token is given: it is open where RPC may not be. */
  readonly adminPath?: string;
}

interface QueryArgument {
  /** The parameter's name in the RPC. */
  readonly param: string;
  readonly isOptional: boolean;
  readonly parse: (text: string) => string | number;
}

const text = (value: string): string => value;
const number = wholeNumber(0, Number.MAX_SAFE_INTEGER);
/** A hash where it has 64 digits, else a height. */
function heightOrHash(value: string): string | number {
  if (/^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("expected a height, or a block hash of 64 hex digits.");
}

const required = (param: string, parse: QueryArgument["parse"] = text): QueryArgument => ({
  param,
  isOptional: false,
  parse,
});
const optional = (param: string, parse: QueryArgument["parse"]): QueryArgument => ({
  param,
  isOptional: true,
  parse,
});

const row = (
  command: string,
  description: string,
  ...args: readonly QueryArgument[]
): QueryRow => ({ command, method: command.replaceAll("-", ""), description, args });

export const QUERIES: readonly QueryRow[] = [
  row("get-blockchain-info", "the chain's identity and its newest block"),
  row("get-block-count", "height of the newest block"),
  row(
    "get-block",
    "a block by height or hash (verbosity 0: hex, 1: txids, 2: transactions)",
    required("block", heightOrHash),
    optional("verbosity", number),
  ),
  row("get-block-hash", "hash of the block at a height", required("height", number)),
  row("get-balance", "balance of an address", required("address")),
  row(
    "list-unspent",
    "unspent outputs of an address",
    required("address"),
    optional("limit", number),
  ),
  row("validate-address", "whether a text is an address of this network", required("address")),
  row("get-transaction", "a transaction, pending or final", required("txid")),
  row("send-raw-transaction", "submit a signed transaction", required("hex")),
  row(
    "wait-for-transaction",
    "wait until a transaction is final",
    required("txid"),
    optional("timeoutMs", number),
  ),
  row("get-raw-mempool", "ids of pending transactions", optional("limit", number)),
  row("get-mempool-info", "size and rules of the mempool"),
  row("get-peer-info", "the node's peers"),
  {
    ...row("list-banned", "who is refused, since when, until when and why"),
    adminPath: "/bans",
  },
  row("get-network-info", "the node's version, id and links"),
  row("get-consensus-info", "where consensus stands, and who votes"),
  row("uptime", "seconds since the node started"),
];

/** What a node says of coins is old where it still fetches blocks. */
const OF_COINS: ReadonlySet<string> = new Set(["get-balance", "list-unspent"]);
const ChainInfo = z.object({ blocks: z.int(), caughtUp: z.boolean() });

async function sayWhereBehind(
  { io }: CommandContext,
  command: Command,
  client: RpcClient,
): Promise<void> {
  const { blocks, caughtUp } = await ask(client, "getblockchaininfo", {}, ChainInfo);
  if (caughtUp) return;
  const note = `${client.url} has blocks up to ${blocks} only so far: this is old`;
  io.err(isJson(command) ? `${JSON.stringify({ note })}\n` : `note: ${note}\n`);
}

/** Adds one command for each row. */
export function addQueryCommands(program: Command, context: CommandContext): void {
  for (const { command: name, method, description, args, adminPath } of QUERIES) {
    const command = program.command(name).description(description);
    if (adminPath !== undefined) addAdminOptions(command, context, false);
    for (const { param, isOptional, parse } of args) {
      command.argument(isOptional ? `[${param}]` : `<${param}>`, "", parse);
    }
    command.action(async (...given: unknown[]) => {
      const entries = args.map(({ param }, place) => [param, given[place]] as const);
      const params = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
      const target = adminTargetOf(command);
      if (adminPath !== undefined && target !== undefined) {
        show(context, command, await callAdmin(target, { method: "GET", path: adminPath }));
        return;
      }
      const client = clientOf(context, command);
      show(context, command, await client.call(method, params));
      if (OF_COINS.has(name)) await sayWhereBehind(context, command, client);
    });
  }
}
