// Puts a genesis.json together from members, allocations and parameters: from flags, or from a YAML
// file with the same fields. Members come as entries that `time-cli genesis member` wrote, each with
// proofs of possession, so that no private key has to travel. Pure but for reading the named files.

import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { readText } from "../adapters/local-files.ts";
import { toHex } from "../codec/hex.ts";
import { formatGenesis, type Genesis, GenesisFileSchema, parseGenesis } from "../genesis.ts";
import { CodedError } from "../types/errors.ts";

const Shape = GenesisFileSchema.shape;

/** The YAML of `genesis create --from`. Members: paths of entry files, relative to this file. */
export const GenesisSource = z.strictObject({
  chainId: Shape.chainId,
  profile: Shape.profile,
  parameters: z.record(z.string(), z.unknown()).default({}),
  members: z.array(z.string().min(1)).min(1).max(256),
  allocations: Shape.allocations.default([]),
  timeMs: Shape.timeMs.optional(),
  nonce: Shape.nonce.optional(),
});
export type GenesisSource = z.output<typeof GenesisSource>;

const invalid = (path: string, reason: string): CodedError =>
  new CodedError("GENESIS_INVALID", `${path}: ${reason}`);

/** Reads the YAML source; member paths become absolute. */
export function readGenesisSource(path: string): GenesisSource {
  let value: unknown;
  try {
    value = parse(readText(path));
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw invalid(path, cause instanceof Error ? cause.message : String(cause));
  }
  const parsed = GenesisSource.safeParse(value);
  if (!parsed.success) {
    throw invalid(path, z.prettifyError(parsed.error).replaceAll("\n", " "));
  }
  const members = parsed.data.members.map((member) => resolve(dirname(path), member));
  return { ...parsed.data, members };
}

function readMember(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(path, "is not JSON; `time-cli genesis member` writes such files");
  }
}

/** The genesis.json text of a source, checked in full. */
export function createGenesis(
  source: GenesisSource,
  { nonce, timeMs }: { readonly nonce: Uint8Array; readonly timeMs: number },
): string {
  const { members, ...fields } = source;
  const parsed = parseGenesis({
    ...fields,
    nonce: source.nonce ?? toHex(nonce),
    timeMs: source.timeMs ?? timeMs,
    validators: members.map(readMember),
  });
  if (!parsed.ok) throw new CodedError(parsed.code, parsed.reason);
  return formatGenesis(parsed.value);
}

/** The genesis of a genesis.json file. */
export function readGenesisFile(path: string): Genesis {
  const parsed = parseGenesis(readText(path));
  if (parsed.ok) return parsed.value;
  throw new CodedError(parsed.code, `${path}: ${parsed.reason}`);
}
