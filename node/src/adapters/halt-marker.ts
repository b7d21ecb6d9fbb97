// The halt marker: a JSON file in the data directory that a person can read. It is written when the node has
// seen two certified blocks at one height (docs/adr/0013), or a certified block that its ledger refuses
// (docs/adr/0024). As long as a file of that name stands there, whatever it holds, the node does not start. Clearing keeps it under another name: it is the proof.

import { dirname, join } from "node:path";
import { z } from "zod";
import { encodeCertificate } from "../codec/chain.ts";
import { toHex } from "../codec/hex.ts";
import type { Certificate, UnixMs, ValidatorSet } from "../types/chain.ts";
import type { Divergence } from "../types/divergence.ts";
import { CodedError } from "../types/errors.ts";
import { type ForkFound, namedIn } from "../types/fork.ts";
import { type Disk, systemDisk } from "./disk.ts";

const MARKER_TYPE = "timecoin/halt/1";
const FILE = "halted.json";

const hex = (sizeBytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * sizeBytes}}$`));
const whole = z.int().min(0);
const Named = z.object({ index: whole, publicKey: hex(32) });
const Side = z.object({
  round: whole,
  blockHash: hex(32),
  signers: z.array(hex(32)),
  /** The certificate in SSZ: anybody with the validator set can check it. */
  certificate: z.string().regex(/^[0-9a-f]*$/),
});
const Common = z.object({
  type: z.literal(MARKER_TYPE),
  at: z.string(),
  genesisHash: hex(32),
  height: whole,
  theirs: Side,
  meaning: z.string(),
});
const ForkSchema = Common.extend({
  kind: z.enum(["sameRound", "crossRound"]),
  culprits: z.array(Named),
  suspects: z.array(Named),
  ours: Side,
});
const DivergenceSchema = Common.extend({
  kind: z.literal("diverged"),
  stateRoot: hex(32),
  reason: z.string(),
});
const MarkerSchema = z.discriminatedUnion("kind", [ForkSchema, DivergenceSchema]);

export type ForkMarker = z.output<typeof ForkSchema>;
export type HaltMarker = z.output<typeof MarkerSchema>;

const MEANING = {
  sameRound:
    "More than f validators broke the protocol. Each culprit signed both blocks in one round, which is proof against it.",
  crossRound:
    "More than f validators broke the protocol. The two blocks were certified in different rounds: each suspect signed both and is to be asked for the prevotes that let it change its lock.",
  diverged:
    "Where the other nodes go on, this one's state is wrong: check its version, its disk and its memory. `timed halt clear` then sets its chain aside, and the next start fetches it anew. Where all stop at this block, more than f validators broke the protocol, or all run a version that is wrong.",
} as const;

export const haltMarkerPath = (dataDir: string): string => join(dataDir, FILE);

interface MarkerPlace {
  readonly genesisHash: Uint8Array;
  readonly nowMs: UnixMs;
}

/** What the marker says of a fork. */
export function haltMarkerOf(found: ForkFound, { genesisHash, nowMs }: MarkerPlace): ForkMarker {
  const { height, conflict, validators } = found;
  const named = namedIn(conflict).map((index) => ({ index, publicKey: keyAt(validators, index) }));
  const { kind } = conflict;
  return {
    type: MARKER_TYPE,
    at: new Date(nowMs).toISOString(),
    genesisHash: toHex(genesisHash),
    height,
    kind,
    culprits: kind === "sameRound" ? named : [],
    suspects: kind === "crossRound" ? named : [],
    ours: sideOf(found.ours, validators),
    theirs: sideOf(found.theirs, validators),
    meaning: MEANING[kind],
  };
}

/** What the marker says of a certified block that the ledger refuses. */
export function divergenceMarkerOf(
  { certified, reason, validators }: Divergence,
  { genesisHash, nowMs }: MarkerPlace,
): HaltMarker {
  const { height, stateRoot } = certified.block.header;
  return {
    type: MARKER_TYPE,
    at: new Date(nowMs).toISOString(),
    genesisHash: toHex(genesisHash),
    height,
    kind: "diverged",
    stateRoot: toHex(stateRoot),
    reason,
    theirs: sideOf(certified.certificate, validators),
    meaning: MEANING.diverged,
  };
}

const keyAt = (validators: ValidatorSet, index: number): string =>
  toHex(validators[index]?.publicKey ?? new Uint8Array(32));

function sideOf(certificate: Certificate, validators: ValidatorSet): z.output<typeof Side> {
  const { round, blockHash, signers } = certificate;
  return {
    round,
    blockHash: toHex(blockHash),
    signers: signers.flatMap((signed, index) => (signed ? [keyAt(validators, index)] : [])),
    certificate: toHex(encodeCertificate(certificate)),
  };
}

/** Writes the marker, durably. A second one replaces the first. @throws the disk's error. */
export function writeHaltMarker(dataDir: string, marker: HaltMarker, disk = systemDisk): void {
  const path = haltMarkerPath(dataDir);
  const file = disk.create(`${path}.new`);
  try {
    disk.write(file, new TextEncoder().encode(`${JSON.stringify(marker, null, 2)}\n`), 0);
    disk.sync(file);
  } finally {
    disk.close(file);
  }
  disk.rename(`${path}.new`, path);
  disk.syncDirectory(dirname(path));
}

/** "damaged" where the file does not read back: the node is halted all the same. */
export function readHaltMarker(
  dataDir: string,
  disk: Disk = systemDisk,
): HaltMarker | "damaged" | undefined {
  const bytes = disk.read(haltMarkerPath(dataDir));
  if (bytes === undefined) return undefined;
  try {
    return MarkerSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return "damaged";
  }
}

/** @throws CodedError NODE_HALTED where a marker stands, with what it says. */
export function refuseWhereHalted(dataDir: string, disk: Disk = systemDisk): void {
  const marker = readHaltMarker(dataDir, disk);
  if (marker === undefined) return;
  const path = haltMarkerPath(dataDir);
  throw new CodedError("NODE_HALTED", `${path}: ${summaryOf(marker)}`, { details: { path } });
}

/** One line: the fork and who is to answer for it, or the block that was refused. */
export function summaryOf(marker: HaltMarker | "damaged"): string {
  if (marker === "damaged") return "a halt marker that cannot be read";
  const { height, theirs } = marker;
  if (marker.kind === "diverged")
    return `block ${theirs.blockHash} of height ${height} is certified, and the ledger here refuses it: ${marker.reason}`;
  const { ours, culprits, suspects } = marker;
  const keys = [...culprits, ...suspects].map(({ publicKey }) => publicKey).join(", ");
  return (
    `height ${height} has two certified blocks, ${ours.blockHash} (round ${ours.round}) here and ` +
    `${theirs.blockHash} (round ${theirs.round}); ${culprits.length > 0 ? "culprits" : "suspects"}: ${keys}`
  );
}

/** Takes the marker away, keeping it beside under the name that is returned. */
export function clearHaltMarker(dataDir: string, nowMs: UnixMs, disk: Disk = systemDisk): string {
  const path = haltMarkerPath(dataDir);
  const kept = `${path}.cleared-${new Date(nowMs).toISOString().replaceAll(":", "")}`;
  disk.rename(path, kept);
  disk.syncDirectory(dirname(path));
  return kept;
}
