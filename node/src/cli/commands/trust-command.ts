// `time-cli trusted-block`: the node's newest block as --trust takes it. Whoever runs it vouches for that node.

import { type Command } from "commander";
import { z } from "zod";
import { CodedError } from "../../types/errors.ts";
import { ask } from "../rpc-client.ts";
import { type CommandContext, clientOf, show } from "./command-context.ts";

const ChainInfo = z.object({ blocks: z.int(), bestblockhash: z.string() });

export function addTrustCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("trusted-block")
    .description(
      "HEIGHT:HASH of the newest block, for `timed run --trust`: ask a node of your own, or one that you trust as you trust the genesis",
    );
  command.action(async () => {
    const client = clientOf(context, command);
    const { blocks: height, bestblockhash: hash } = await ask(
      client,
      "getblockchaininfo",
      {},
      ChainInfo,
    );
    if (height === 0) throw new CodedError("RPC_NOT_FOUND", `${client.url} has no block yet`);
    const trust = `${height}:${hash}`;
    show(context, command, { height, hash, trust }, `${trust}\n`);
  });
}
