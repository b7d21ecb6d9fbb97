// docs/reference/cli.md: the commands of time-cli and of timed, from their own command trees.

import { Command } from "commander";
import { EXIT_CODES } from "../../node/src/cli/exit-codes.ts";
import { createProgram, DEFAULT_RPC_URL } from "../../node/src/cli/program.ts";
import { DAEMON_EXITS } from "../../node/src/daemon/exit-codes.ts";
import { addRunCommands } from "../../node/src/daemon/run-command.ts";
import { addDevnetCommand } from "../../node/src/devnet/devnet-command.ts";
import { code, pageHead, table } from "./markdown.ts";

const GENESIS = `## Making a network by hand

Each member makes its keys and its entry, and hands in the entry; the person that creates the network
needs no private key. A proof in an entry is good for this chain id only.

\`\`\`sh
time-cli keys generate validator-key.json
time-cli keys generate node-key.json
time-cli genesis member --name eu-1 --chain-id demo-1 \\
  --validator-key validator-key.json --node-key node-key.json --out eu-1.json
time-cli genesis create --from genesis.yaml --out genesis.json
\`\`\`

\`\`\`yaml
# genesis.yaml; paths of members start here
chainId: demo-1
profile: Testnet
members: [eu-1.json, eu-2.json, us-1.json, us-2.json]
parameters: {emptyBlockIntervalMs: 5000}
allocations:
- {address: TIME0…, amount: "1000000"}
\`\`\`
`;

const BY_HAND = `## Running a validator by hand

\`\`\`sh
timed init --config node.yaml   # once, when key and data directory are new
timed run --config node.yaml    # from then on, at every start
\`\`\`

\`timed init\` writes the sign state of a key that has signed nothing under this genesis. From then on the
node keeps it, and it is what stands between the key and a double signature. So a validator that finds no
sign state takes it for lost: it follows the chain, and signs \`consensus.doubleSignCheckHeight\` blocks
(10) after it has caught up. \`self.signState\` of its [status](status.md) says \`lost\` then.

- Never put \`timed init\` into a script that runs at each start: it would call every lost sign state a
  new one. Ask for it in the step that makes the key.
- A new network in which more than f validators were started without it never decides its first block.
  Stop each of them, run \`timed init --signed-up-to 0\`, and start it.
- A network in which more than f validators have lost their sign states stands still. Put the sign states
  back if they are the newest of these very nodes. Otherwise stop each of them and run
  \`timed init --signed-up-to H\`, where the key has certainly signed nothing above height H. A vote
  counts also where its block was never decided: with a wrong H the key signs twice, which is punished.
- A full node signs nothing and needs no \`timed init\`. \`timed devnet\` does it for its own nodes, and so
  does the operator.
`;

/** A world in which nothing is done: the tree is only read. */
const NO_IO = {
  env: {},
  out: () => undefined,
  err: () => undefined,
  handedOver: () => undefined,
  fetch: globalThis.fetch,
  randomBytes: (sizeBytes: number) => new Uint8Array(sizeBytes),
  nowMs: () => 0,
  pause: () => Promise.resolve(),
};

const INTRO = `\`time-cli\` makes keys and genesis files, pays, and asks a node. Keys stay with it: they are
read from files that it writes with mode 0600, and never leave the process. A node's answers about
the worth of coins are checked before they are spent; \`send --genesis FILE\` also pins the network.

The node is named by \`-r, --rpc-url\`, else by \`TIME_RPC_URL\`, else it is ${DEFAULT_RPC_URL}. With
\`--json\`, results are one line of JSON on standard output and errors
\`{"error": {"code", "message", "action"}}\` on standard error.
`;

function usageOf(command: Command, parents: string): string {
  const args = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [parents, command.name(), ...args].join(" ");
}

function sections(
  command: Command,
  parents: string,
  isShown: (long: string | undefined) => boolean = () => true,
): readonly string[] {
  const path = `${parents} ${command.name()}`;
  if (command.commands.length > 0) {
    return command.commands.flatMap((child) => sections(child, path, isShown));
  }
  const shown = command.options.filter(({ long }) => isShown(long));
  const options = shown.map(({ flags, description, defaultValue, mandatory }) => [
    code(flags),
    description,
    mandatory ? "**required**" : defaultOf(defaultValue as unknown),
  ]);
  const rows =
    options.length === 0 ? "" : `\n${table(["option", "meaning", "default"], options)}\n`;
  const alias = command.alias() === undefined ? "" : ` Also \`${command.alias()}\`.`;
  return [`### ${usageOf(command, parents)}\n\n${command.description()}.${alias}\n${rows}`];
}

const defaultOf = (value: unknown): string =>
  value === undefined || value === false || (Array.isArray(value) && value.length === 0)
    ? ""
    : code(JSON.stringify(value));

/** These take each configuration key as an option, which config.md lists. */
const CONFIGURED = ["run", "init", "config"];
const OWN_OPTIONS = ["--config", "--init", "--signed-up-to"];

/** The daemon's own commands; node/src/timed.ts adds the same. */
function timedSections(): readonly string[] {
  const timed = new Command("timed");
  addRunCommands(timed);
  addDevnetCommand(timed, "timed");
  return timed.commands.flatMap((command) =>
    sections(
      command,
      "timed",
      (long) => !CONFIGURED.includes(command.name()) || OWN_OPTIONS.includes(long ?? ""),
    ),
  );
}

export function cliReference(): string {
  const program = createProgram({ io: NO_IO }, "");
  const rowsOf = (codes: typeof EXIT_CODES | typeof DAEMON_EXITS) =>
    Object.values(codes).map(({ number, meaning }) => [String(number), meaning]);
  return [
    pageHead("time-cli", "node/src/cli/program.ts", INTRO),
    "## Commands\n",
    ...program.commands.flatMap((command) => sections(command, "time-cli")),
    "## Commands of timed\n",
    "`run`, `init` and `config` also take each key of the [configuration](config.md) as an option.\n",
    ...timedSections(),
    GENESIS,
    BY_HAND,
    `## Exit codes\n\n${table(["code", "meaning"], rowsOf(EXIT_CODES))}\n`,
    `## Exit codes of timed\n\n${table(["code", "meaning"], rowsOf(DAEMON_EXITS))}\n`,
  ].join("\n");
}
