// The last-sign state as a file: one JSON object that a person can read in an emergency, and a CRC-32 of
// everything else in it. Pure. A file that does not read back exactly is damaged, never "empty".

import { crc32 } from "node:zlib";
import { z } from "zod";
import { fromHex } from "../codec/hex.ts";
import type { SignStep } from "../ports.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import type { SignedPlace } from "./sign-guard.ts";

export interface SignState {
  /** 32 bytes each: what the signatures are for, and whose they are. */
  readonly genesisHash: Uint8Array;
  readonly publicKey: Uint8Array;
  /** The floor, kept so that a start without the option cannot lower it. */
  readonly minHeight: number;
  readonly last: SignedPlace | undefined;
}

const STATE_TYPE = "timecoin/sign-state/1";
/** Sign bytes are about 100 bytes: a file this long is another one. */
const MAX_STATE_CHARACTERS = 8_192;

const integer = z.int().min(0);
const hex = (sizeBytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * sizeBytes}}$`));
const LastSchema = z.strictObject({
  height: integer,
  round: integer,
  step: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  signBytes: z.string().regex(/^(?:[0-9a-f]{2})+$/),
  signature: hex(64),
});
const StateSchema = z.strictObject({
  type: z.literal(STATE_TYPE),
  genesisHash: hex(32),
  publicKey: hex(32),
  minHeight: integer,
  last: LastSchema.nullable(),
  crc32: hex(4),
});

/** Written for each signature: text by hand, whose values are numbers and hex only. */
export function encodeSignState({
  genesisHash,
  publicKey,
  minHeight,
  last,
}: SignState): Uint8Array {
  const owner = `"genesisHash":"${hexOf(genesisHash)}","publicKey":"${hexOf(publicKey)}"`;
  const body = `{"type":"${STATE_TYPE}",${owner},"minHeight":${minHeight},"last":${textOf(last)}`;
  // The checksum is the last member of the object whose other members it covers.
  return Buffer.from(`${body},"crc32":"${checksum(`${body}}`)}"}\n`, "latin1");
}

function textOf(last: SignedPlace | undefined): string {
  if (last === undefined) return "null";
  const { height, round, step, signBytes, signature } = last;
  const signed = `"signBytes":"${hexOf(signBytes)}","signature":"${hexOf(signature)}"`;
  return `{"height":${height},"round":${round},"step":${step},${signed}}`;
}

/** A view and native hex: three times as fast as toHex for what is no hash. */
const hexOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString("hex");

export function decodeSignState(bytes: Uint8Array): Result<SignState, "SIGN_STATE_DAMAGED"> {
  const damaged = (reason: string) => fail("SIGN_STATE_DAMAGED", reason);
  const text = new TextDecoder().decode(bytes);
  if (text.length > MAX_STATE_CHARACTERS) return damaged("it is too long");
  const parsed = StateSchema.safeParse(parseJson(text));
  if (!parsed.success) return damaged("it does not have the form of a last-sign state");
  const { crc32: stored, ...body } = parsed.data;
  if (checksum(JSON.stringify(body)) !== stored) return damaged("its checksum does not match");
  const last = body.last === null ? undefined : placeFrom(body.last);
  const genesisHash = fromHex(body.genesisHash);
  return ok({ genesisHash, publicKey: fromHex(body.publicKey), minHeight: body.minHeight, last });
}

function placeFrom(last: z.output<typeof LastSchema>): SignedPlace {
  const step: SignStep = last.step;
  return {
    height: last.height,
    round: last.round,
    step,
    signBytes: fromHex(last.signBytes),
    signature: fromHex(last.signature),
  };
}

/** The value, or undefined, which no schema accepts, where the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, "0");
