// genesis.json: the one file that makes a network. It fixes the chain id, the rules' parameters, the
// first validators with proofs that they hold their keys, and the first coins. The genesis hash is
// over every field with defaults filled in, and all that is ever signed binds it; so two files that
// differ in anything make two networks. No input or output here: the daemon, the operator, the CLI
// and wallets all read genesis through this module.

import { formatTime, MAX_SATOSHI, parseTime } from "./codec/amount.ts";
import { DOMAINS } from "./codec/domains.ts";
import { fromHex, toHex } from "./codec/hex.ts";
import { type AddressNetwork, decodeAddress, encodeAddress } from "./crypto/address.ts";
import { sha256 } from "./crypto/hash.ts";
import { verifyPossession } from "./crypto/pure-keys.ts";
import { encodeGenesis } from "./genesis/genesis-encoding.ts";
import {
  type GenesisFile,
  GenesisFileSchema,
  type ParsedGenesisFile,
} from "./genesis/genesis-file.ts";
import { possessionContext } from "./genesis/possession.ts";
import type { Genesis, GenesisAllocation, GenesisProfile } from "./genesis/types.ts";
import { fail, ok, type Result } from "./types/errors.ts";

export { type GenesisFile, GenesisFileSchema } from "./genesis/genesis-file.ts";
export { genesisValidatorOf, type MemberSeeds, possessionContext } from "./genesis/possession.ts";
export type {
  Genesis,
  GenesisAllocation,
  GenesisParameters,
  GenesisProfile,
  GenesisValidator,
} from "./genesis/types.ts";

export { validatorSetOf } from "./genesis/validator-set.ts";

/** 256 validators and 4,096 allocations fit four times over. */
const MAX_GENESIS_CHARACTERS = 4 * 1024 * 1024;
/** Above this many validators a block a second is the pace. */
export const FAST_VALIDATORS = 31;
const MAX_REASONS = 5;

/** Which addresses belong to a network of this profile. */
export const addressNetworkOf = (profile: GenesisProfile): AddressNetwork =>
  profile === "Mainnet" ? "mainnet" : "testnet";

/**
 * The genesis of a JSON text or of a parsed value.
 * Fails with GENESIS_INVALID, naming the path and the reason of at most five faults.
 */
export function parseGenesis(input: unknown): Result<Genesis, "GENESIS_INVALID"> {
  let value = input;
  if (typeof input === "string") {
    if (input.length > MAX_GENESIS_CHARACTERS) {
      return fail("GENESIS_INVALID", `genesis: more than ${MAX_GENESIS_CHARACTERS} characters`);
    }
    try {
      value = JSON.parse(input);
    } catch (cause) {
      return fail("GENESIS_INVALID", `genesis: not JSON: ${(cause as SyntaxError).message}`);
    }
  }
  const parsed = GenesisFileSchema.safeParse(value);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`);
  const genesis = parsed.success ? genesisOf(parsed.data, faults) : undefined;
  if (genesis !== undefined && faults.length === 0) return ok(genesis);
  const more = faults.length > MAX_REASONS ? `; and ${faults.length - MAX_REASONS} more` : "";
  return fail("GENESIS_INVALID", faults.slice(0, MAX_REASONS).join("; ") + more);
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  return text.join("").replace(/^\./, "") || "genesis";
}

/** The typed genesis; what no schema can say goes into `faults`. */
function genesisOf(file: ParsedGenesisFile, faults: string[]): Genesis {
  const { parameters } = file;
  const minBlockMs =
    parameters.minBlockMs ?? (file.validators.length <= FAST_VALIDATORS ? 50 : 1_000);
  const genesis: Genesis = {
    ...file,
    nonce: fromHex(file.nonce, 32),
    parameters: { ...parameters, minBlockMs },
    validators: file.validators.map((validator) => ({
      name: validator.name,
      publicKey: fromHex(validator.publicKey, 32),
      nodeKey: fromHex(validator.nodeKey, 32),
      possession: fromHex(validator.possession, 64),
      nodePossession: fromHex(validator.nodePossession, 64),
    })),
    allocations: allocationsOf(file, faults),
  };
  if (parameters.faultInjection && file.profile === "Mainnet") {
    faults.push("parameters.faultInjection: never on Mainnet");
  }
  if (parameters.emptyBlockIntervalMs < minBlockMs) {
    faults.push(`parameters.emptyBlockIntervalMs: is below minBlockMs (${minBlockMs})`);
  }
  checkDistinct(file, faults);
  // Proofs cost a millisecond each, so they come last and only for a file that is otherwise sound.
  if (faults.length === 0) checkPossession(genesis, faults);
  return genesis;
}

function allocationsOf(file: ParsedGenesisFile, faults: string[]): GenesisAllocation[] {
  const allocations: GenesisAllocation[] = [];
  let sum = 0n;
  for (const [i, { address, amount }] of file.allocations.entries()) {
    const keyHash = decodeAddress(address, addressNetworkOf(file.profile));
    if (!keyHash.ok) faults.push(`allocations[${i}].address: ${keyHash.reason}`);
    const value = parseTime(amount);
    if (!value.ok) faults.push(`allocations[${i}].amount: ${value.reason}`);
    else if (value.value === 0n) faults.push(`allocations[${i}].amount: is zero`);
    if (keyHash.ok && value.ok) {
      allocations.push({ address: keyHash.value, amount: value.value });
      sum += value.value;
    }
  }
  if (sum > MAX_SATOSHI) {
    faults.push(`allocations: the sum is more than ${formatTime(MAX_SATOSHI)} TIME`);
  }
  return allocations;
}

/** No name and no key occurs twice; a node key is no validator key either. */
function checkDistinct(file: ParsedGenesisFile, faults: string[]): void {
  const names = new Set<string>();
  const keys = new Set<string>();
  for (const [i, { name, publicKey, nodeKey }] of file.validators.entries()) {
    if (names.has(name)) faults.push(`validators[${i}].name: "${name}" occurs twice`);
    names.add(name);
    if (keys.has(publicKey)) faults.push(`validators[${i}].publicKey: this key occurs twice`);
    keys.add(publicKey);
    if (keys.has(nodeKey)) faults.push(`validators[${i}].nodeKey: this key occurs twice`);
    keys.add(nodeKey);
  }
}

function checkPossession({ chainId, validators }: Genesis, faults: string[]): void {
  for (const [i, { publicKey, nodeKey, possession, nodePossession }] of validators.entries()) {
    const validatorContext = possessionContext(chainId, "validator", nodeKey);
    if (!verifyPossession(possession, publicKey, validatorContext)) {
      faults.push(
        `validators[${i}].possession: does not prove that publicKey is held, for this chain`,
      );
    }
    const nodeContext = possessionContext(chainId, "node", publicKey);
    if (!verifyPossession(nodePossession, nodeKey, nodeContext)) {
      faults.push(
        `validators[${i}].nodePossession: does not prove that nodeKey is held, for this chain`,
      );
    }
  }
}

/** genesis.json with every field spelled out; parseGenesis of it gives the same genesis. */
export function formatGenesis(genesis: Genesis): string {
  const { parameters } = genesis;
  const file: GenesisFile = {
    chainId: genesis.chainId,
    profile: genesis.profile,
    nonce: toHex(genesis.nonce),
    timeMs: genesis.timeMs,
    parameters: {
      ...parameters,
      minFee: parameters.minFee.toString(),
      dust: parameters.dust.toString(),
    },
    validators: genesis.validators.map(({ name, ...keys }) => ({
      name,
      publicKey: toHex(keys.publicKey),
      nodeKey: toHex(keys.nodeKey),
      possession: toHex(keys.possession),
      nodePossession: toHex(keys.nodePossession),
    })),
    allocations: genesis.allocations.map(({ address, amount }) => ({
      address: encodeAddress(address, addressNetworkOf(genesis.profile)),
      amount: formatTime(amount),
    })),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** SHA-256 of the genesis domain and the SSZ of all fields: the network's identity. 32 bytes. */
export const genesisHashOf = (genesis: Genesis): Uint8Array =>
  sha256(DOMAINS.genesis, encodeGenesis(genesis));
