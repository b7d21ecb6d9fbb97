// `time-cli keys …` and `time-cli address`: make, show and check key files. A seed is never printed.

import type { Command } from "commander";
import { foreignAccess, readKeyFile, writeNewFile } from "../../adapters/local-files.ts";
import { fromHex, toHex } from "../../codec/hex.ts";
import { addressOf } from "../../crypto/address.ts";
import { formatSeed } from "../../crypto/key-file.ts";
import { generateKeyPair, isTorsionFree, nodeIdOf } from "../../crypto/pure-keys.ts";
import { CodedError } from "../../types/errors.ts";
import { type CommandContext, show } from "./command-context.ts";

const KEY_FILE_MODE = 0o600;
const FIELDS = ["publicKey", "nodeId", "testnetAddress", "mainnetAddress"] as const;

/** What may be known of a key. */
const publicFacts = (publicKey: Uint8Array) => ({
  publicKey: toHex(publicKey),
  nodeId: nodeIdOf(publicKey),
  testnetAddress: addressOf(publicKey, "testnet"),
  mainnetAddress: addressOf(publicKey, "mainnet"),
});

function publicKeyOfArgument(source: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(source)) return readKeyFile(source).publicKey;
  const publicKey = fromHex(source, 32);
  if (isTorsionFree(publicKey)) return publicKey;
  throw new CodedError("CLI_USAGE", `${source} is not a public key that the network admits`);
}

function addGenerate(keys: Command, context: CommandContext): void {
  keys
    .command("generate <file>")
    .description("make a new key and write it to a file (mode 0600; never over an existing one)")
    .action((file: string, _options: unknown, command: Command) => {
      const { seed, publicKey } = generateKeyPair(context.io.randomBytes(32));
      writeNewFile(file, formatSeed(seed), KEY_FILE_MODE);
      seed.fill(0);
      show(context, command, { file, ...publicFacts(publicKey) });
    });
}

function addShow(keys: Command, context: CommandContext): void {
  keys
    .command("show <file>")
    .description("show the public side of a key file")
    .option("--field <name>", `only one of ${FIELDS.join(", ")}`)
    .action((file: string, { field }: { field?: string }, command: Command) => {
      const facts = publicFacts(readKeyFile(file).publicKey);
      if (field === undefined) return show(context, command, facts);
      const name = FIELDS.find((one) => one === field);
      if (name === undefined) {
        throw new CodedError("CLI_USAGE", `--field ${field}: expected one of ${FIELDS.join(", ")}`);
      }
      return show(context, command, facts[name]);
    });
}

function addInspect(keys: Command, context: CommandContext): void {
  keys
    .command("inspect <file>")
    .description("check a key file: format, that both keys belong together, permissions")
    .action((file: string, _options: unknown, command: Command) => {
      const { seed, publicKey } = readKeyFile(file);
      seed.fill(0);
      const access = foreignAccess(file);
      const permissions =
        access === 0 ? "only the owner may read it" : "others may read it: chmod 600";
      show(context, command, { file, ...publicFacts(publicKey), intact: true, permissions });
    });
}

/** Adds `keys` and `address`. */
export function addKeyCommands(program: Command, context: CommandContext): void {
  const keys = program.command("keys").description("make, show and check key files");
  addGenerate(keys, context);
  addShow(keys, context);
  addInspect(keys, context);
  program
    .command("address <key>")
    .description("the address of a key file or of a public key in hex")
    .option("--mainnet", "for mainnet instead of testnets and devnets", false)
    .action((key: string, { mainnet }: { mainnet: boolean }, command: Command) => {
      const address = addressOf(publicKeyOfArgument(key), mainnet ? "mainnet" : "testnet");
      show(context, command, address);
    });
}
