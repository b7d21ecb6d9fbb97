// `status`: where a node and its chain stand, in a few lines, for whoever looks after them. What it says
// is what the node says; the RPC's own commands show the rest.

import type { Command } from "commander";
import { z } from "zod";
import { printable } from "../print.ts";
import { ask } from "../rpc-client.ts";
import { type CommandContext, clientOf, show } from "./command-context.ts";

const ChainInfo = z.object({ chainId: z.string(), blocks: z.int(), caughtUp: z.boolean() });
const Ejected = z.object({ publicKey: z.string(), height: z.int(), outFrom: z.int() });
const ConsensusInfo = z.object({
  height: z.int(),
  round: z.int(),
  step: z.string(),
  totalPower: z.int(),
  quorumPower: z.int(),
  toleratedPower: z.int(),
  validators: z.array(z.unknown()),
  ejected: z.array(Ejected),
});

async function status(context: CommandContext, command: Command): Promise<void> {
  const client = clientOf(context, command);
  const { chainId, blocks, caughtUp } = await ask(client, "getblockchaininfo", {}, ChainInfo);
  const { validators, ejected, ...at } = await ask(client, "getconsensusinfo", {}, ConsensusInfo);
  const lines = [
    `${chainId} at block ${blocks}${caughtUp ? "" : ", catching up"}; round ${at.round} of height ${at.height}: ${at.step}`,
    `validators ${validators.length}, power ${at.totalPower}: quorum ${at.quorumPower}, tolerates ${at.toleratedPower}`,
    ...(ejected.length === 0 ? [] : [`ejected: ${ejected.map(describe).join("; ")}`]),
  ];
  const result = { chainId, blocks, caughtUp, ...at, validators: validators.length, ejected };
  show(context, command, result, `${lines.map(printable).join("\n")}\n`);
}

const describe = ({ publicKey, height, outFrom }: z.infer<typeof Ejected>): string =>
  `${publicKey} (evidence in block ${height}, out from ${outFrom})`;

/** Adds `status`. */
export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command("status")
    .description("where the node and its chain stand, and who was ejected")
    .action((_options: unknown, command: Command) => status(context, command));
}
