// The options that name a node's admin API and its token. Used by the commands that need it, and by those that
// ask it where a token is given.

import type { Command } from "commander";
import type { AdminTarget } from "../admin-client.ts";
import type { CommandContext } from "./command-context.ts";

const DEFAULT_ADMIN_URL = "https://127.0.0.1:24104";
const TOKEN_FILE = "the node's admin.tokenFile (or TIME_ADMIN_TOKEN_FILE)";

interface AdminOptions {
  readonly adminUrl: string;
  readonly tokenFile?: string;
  readonly nodeId?: string;
}

/** Adds them; without `isNeeded` the token may be left out. */
export function addAdminOptions(
  command: Command,
  { io: { env } }: CommandContext,
  isNeeded: boolean,
): Command {
  const tokenFile = env.TIME_ADMIN_TOKEN_FILE;
  command
    .option(
      "--admin-url <url>",
      "the node's admin API (or TIME_ADMIN_URL)",
      env.TIME_ADMIN_URL ?? DEFAULT_ADMIN_URL,
    )
    .option(
      "--node-id <id>",
      "whose API it must be (or TIME_NODE_ID); needed on other machines",
      env.TIME_NODE_ID,
    );
  return isNeeded && tokenFile === undefined
    ? command.requiredOption("--token-file <file>", TOKEN_FILE)
    : command.option("--token-file <file>", TOKEN_FILE, tokenFile);
}

/** Whom to ask; undefined where no token was given. */
export function adminTargetOf(command: Command): AdminTarget | undefined {
  const { adminUrl, tokenFile, nodeId } = command.opts<AdminOptions>();
  return tokenFile === undefined ? undefined : { url: adminUrl, tokenFile, nodeId };
}
