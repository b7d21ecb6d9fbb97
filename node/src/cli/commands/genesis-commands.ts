// `time-cli genesis …`: a member's entry, the genesis.json of a network, its hash and its contents.

import type { Command } from "commander";
import { readKeyFile, writeNewFile } from "../../adapters/local-files.ts";
import { formatTime } from "../../codec/amount.ts";
import { toHex } from "../../codec/hex.ts";
import { encodeAddress } from "../../crypto/address.ts";
import { nodeIdOf } from "../../crypto/pure-keys.ts";
import {
  addressNetworkOf,
  type Genesis,
  genesisHashOf,
  genesisValidatorOf,
  parseGenesis,
} from "../../genesis.ts";
import { CodedError } from "../../types/errors.ts";
import {
  createGenesis,
  GenesisSource,
  readGenesisFile,
  readGenesisSource,
} from "../genesis-source.ts";
import { type CommandContext, show } from "./command-context.ts";

const PUBLIC_FILE_MODE = 0o644;
const collect = (value: string, list: readonly string[]): readonly string[] => [...list, value];

interface MemberOptions {
  readonly name: string;
  readonly chainId: string;
  readonly validatorKey: string;
  readonly nodeKey: string;
  readonly out?: string;
}

function addMember(genesis: Command, context: CommandContext): void {
  genesis
    .command("member")
    .description("write a member's entry: its public keys, with proofs that it holds them")
    .requiredOption("--name <name>", "the member's name, a DNS label")
    .requiredOption("--chain-id <id>", "the chain that the proofs are for")
    .requiredOption("--validator-key <file>", "key file that will sign votes")
    .requiredOption("--node-key <file>", "key file of the peer links")
    .option("--out <file>", "where to write; standard output if absent")
    .action((options: MemberOptions, command: Command) => {
      const entry = genesisValidatorOf(options.chainId, options.name, {
        validatorSeed: readKeyFile(options.validatorKey).seed,
        nodeSeed: readKeyFile(options.nodeKey).seed,
      });
      const text = `${JSON.stringify(entry, null, 2)}\n`;
      if (options.out === undefined) return context.io.out(text);
      writeNewFile(options.out, text, PUBLIC_FILE_MODE);
      return show(context, command, { file: options.out, name: entry.name });
    });
}

interface CreateOptions {
  readonly from?: string;
  readonly chainId?: string;
  readonly profile: string;
  readonly member: readonly string[];
  readonly allocation: readonly string[];
  readonly out: string;
}

function allocationOf(text: string): { address: string; amount: string } {
  const [address = "", amount, ...rest] = text.split("=");
  if (amount !== undefined && rest.length === 0) return { address, amount };
  throw new CodedError("CLI_USAGE", `--allocation ${text}: expected ADDRESS=AMOUNT`);
}

function sourceOf(options: CreateOptions): GenesisSource {
  if (options.from !== undefined) return readGenesisSource(options.from);
  const parsed = GenesisSource.safeParse({
    chainId: options.chainId,
    profile: options.profile,
    members: options.member,
    allocations: options.allocation.map(allocationOf),
  });
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new CodedError("CLI_USAGE", reasons.join("; "));
}

function addCreate(genesis: Command, context: CommandContext): void {
  genesis
    .command("create")
    .description("write genesis.json from members and allocations; a fresh nonce each time")
    .option("--from <file>", "YAML with chainId, profile, parameters, members and allocations")
    .option("--chain-id <id>", "name of the chain")
    .option("--profile <profile>", "Mainnet, Testnet or Devnet", "Testnet")
    .option("--member <file>", "a member's entry (repeatable)", collect, [])
    .option("--allocation <address=amount>", "first coins, in TIME (repeatable)", collect, [])
    .requiredOption("--out <file>", "where to write")
    .action((options: CreateOptions, command: Command) => {
      const { io } = context;
      const text = createGenesis(sourceOf(options), {
        nonce: io.randomBytes(32),
        timeMs: io.nowMs(),
      });
      writeNewFile(options.out, text, PUBLIC_FILE_MODE);
      const parsed = parseGenesis(text);
      if (!parsed.ok) throw new CodedError(parsed.code, parsed.reason);
      show(context, command, {
        file: options.out,
        genesisHash: toHex(genesisHashOf(parsed.value)),
      });
    });
}

/** What a person wants to know of a genesis. */
const summaryOf = (genesis: Genesis) => ({
  chainId: genesis.chainId,
  profile: genesis.profile,
  genesisHash: toHex(genesisHashOf(genesis)),
  time: new Date(genesis.timeMs).toISOString(),
  parameters: {
    ...genesis.parameters,
    minFee: genesis.parameters.minFee.toString(),
    dust: genesis.parameters.dust.toString(),
  },
  supply: formatTime(genesis.allocations.reduce((sum, { amount }) => sum + amount, 0n)),
  validators: genesis.validators.map(({ name, publicKey, nodeKey }) => ({
    name,
    publicKey: toHex(publicKey),
    nodeId: nodeIdOf(nodeKey),
  })),
  allocations: genesis.allocations.map(({ address, amount }) => ({
    address: encodeAddress(address, addressNetworkOf(genesis.profile)),
    amount: formatTime(amount),
  })),
});

/** Adds `genesis`. */
export function addGenesisCommands(program: Command, context: CommandContext): void {
  const genesis = program.command("genesis").description("make and read genesis.json");
  addMember(genesis, context);
  addCreate(genesis, context);
  genesis
    .command("inspect <file>")
    .description("check a genesis.json in full and show what it says")
    .action((file: string, _options: unknown, command: Command) => {
      show(context, command, summaryOf(readGenesisFile(file)));
    });
  genesis
    .command("hash <file>")
    .description("the genesis hash: the network's identity")
    .action((file: string, _options: unknown, command: Command) => {
      show(context, command, toHex(genesisHashOf(readGenesisFile(file))));
    });
}
