// The commands that change a running node, through its admin API: log level, peers, bans, drain, reload.

import { type Command, InvalidArgumentError } from "commander";
import { wholeNumber } from "../../config/whole-number.ts";
import { invariant } from "../../types/errors.ts";
import { LOG_LEVELS } from "../../types/log-level.ts";
import { type AdminCall, callAdmin } from "../admin-client.ts";
import { addAdminOptions, adminTargetOf } from "./admin-options.ts";
import { type CommandContext, show } from "./command-context.ts";

const DAY_SECONDS = 86_400;
const MAX_SECONDS = 3_650 * DAY_SECONDS;

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`expected ${words.join(" or ")}.`);
  };

/** A command of the admin API; `calls` makes the request of its arguments and options. */
function add(
  program: Command,
  context: CommandContext,
  [usage, description]: readonly [string, string],
  calls: (command: Command) => AdminCall,
): Command {
  const command = addAdminOptions(program.command(usage).description(description), context, true);
  return command.action(async () => {
    const target = adminTargetOf(command);
    invariant(target !== undefined, "the token file is required");
    show(context, command, await callAdmin(target, calls(command)));
  });
}

function addBanCommands(program: Command, context: CommandContext): void {
  add(
    program,
    context,
    [
      "set-ban",
      "refuse a node id, an address or a range of addresses, also where it is a validator",
    ],
    (command) => {
      const [target, seconds] = command.processedArgs as [string, number];
      const { reason } = command.opts<{ reason?: string }>();
      const body = { target, durationMs: seconds * 1000, reason };
      return { method: "PUT", path: "/bans", body };
    },
  )
    .argument("<target>", "40 hex digits, 10.1.2.3 or 10.1.0.0/16")
    .argument("[seconds]", "how long; without it a day", wholeNumber(1, MAX_SECONDS), DAY_SECONDS)
    .option("--reason <text>", "shown by list-banned");
  add(program, context, ["lift-ban", "end the ban of exactly this target"], (command) => ({
    method: "POST",
    path: "/bans/lift",
    body: { target: String(command.processedArgs[0]) },
  })).argument("<target>", "as list-banned shows it");
  add(program, context, ["clear-bans", "end all bans; p2p.refuse stays"], () => ({
    method: "DELETE",
    path: "/bans",
  }));
}

/** Adds `log-level`, `add-peer`, `drop-peer`, `set-ban`, `lift-ban`, `clear-bans`, `drain` and `reload`. */
export function addAdminCommands(program: Command, context: CommandContext): void {
  add(program, context, ["log-level", "show or set the least level logged"], (command) => {
    const level: unknown = command.processedArgs[0];
    if (level === undefined) return { method: "GET", path: "/log-level" };
    return { method: "PUT", path: "/log-level", body: { level } };
  }).argument("[level]", LOG_LEVELS.join(", "), oneOf(LOG_LEVELS));
  add(program, context, ["add-peer", "try to link with a peer"], (command) => ({
    method: "POST",
    path: "/peers",
    body: { address: String(command.processedArgs[0]) },
  })).argument("<address>", "nodeId@host:port");
  add(program, context, ["drop-peer", "end a link; it may come back"], (command) => ({
    method: "DELETE",
    path: `/peers/${encodeURIComponent(String(command.processedArgs[0]))}`,
  })).argument("<id>", "node id, as get-peer-info shows it");
  addBanCommands(program, context);
  add(
    program,
    context,
    ["drain", "make the node not ready, or ready again; it serves and signs as before"],
    (command) => ({
      method: "PUT",
      path: "/drain",
      body: { draining: command.processedArgs[0] === "on" },
    }),
  ).argument("<on|off>", "", oneOf(["on", "off"]));
  add(program, context, ["reload", "read the configuration again, as on SIGHUP"], () => ({
    method: "POST",
    path: "/reload",
  }));
}
