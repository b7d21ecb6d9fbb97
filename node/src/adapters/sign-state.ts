// The last-sign state as a file: one JSON object that a person can read in an emergency, and a CRC-32 of
// everything else in it. Pure. A file that does not read back exactly is damaged, never "empty".
// Written and read by sign-state-file.ts.

import { crc32 } from "node:zlib";
import { z } from "zod";
import { fromHex, toHex } from "../codec/hex.ts";
import type { SignStep } from "../ports.ts";
import { fail, invariant, ok, type Result } from "../types/errors.ts";
import type { SignedPlace } from "./sign-guard.ts";

/**
 * What the key signed last. "none": it has signed nothing under this genesis. "unknown": the state began
 * where an earlier one may have been lost (docs/adr/0015).
 */
export type LastSigned = SignedPlace | "none" | "unknown";

export interface SignState {
  /** 32 bytes each: what the signatures are for, and whose they are. */
  readonly genesisHash: Uint8Array;
  readonly publicKey: Uint8Array;
  /** The floor, kept so that a start without the option cannot lower it. */
  readonly minHeight: number;
  readonly last: LastSigned;
}

const STATE_TYPE = "timecoin/sign-state/1";
/** Sign bytes are about 100 bytes: a file this long is another one. */
const MAX_STATE_CHARACTERS = 8_192;

const integer = z.int().min(0);
const hex = (sizeBytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * sizeBytes}}$`));
const PlaceSchema = z.strictObject({
  height: integer,
  round: integer,
  step: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  signBytes: z.string().regex(/^(?:[0-9a-f]{2})+$/),
  signature: hex(64),
});
/** null is "unknown": so version 0.1 wrote a state that knew nothing. */
const LastSchema = z.union([PlaceSchema, z.literal("none"), z.null()]);
const StateSchema = z.strictObject({
  type: z.literal(STATE_TYPE),
  genesisHash: hex(32),
  publicKey: hex(32),
  minHeight: integer,
  last: LastSchema,
  crc32: hex(4),
});

export function encodeSignState(state: SignState): Uint8Array {
  const { genesisHash, publicKey, minHeight, last } = state;
  const body = {
    type: STATE_TYPE,
    genesisHash: toHex(genesisHash),
    publicKey: toHex(publicKey),
    minHeight,
    last: storedLast(last),
  };
  const file = { ...body, crc32: checksum(JSON.stringify(body)) };
  const text = `${JSON.stringify(file)}\n`;
  invariant(text.length <= MAX_STATE_CHARACTERS, "a sign state is short");
  return new TextEncoder().encode(text);
}

function storedLast(last: LastSigned): z.output<typeof LastSchema> {
  if (last === "none") return "none";
  if (last === "unknown") return null;
  const { height, round, step, signBytes, signature } = last;
  return { height, round, step, signBytes: toHex(signBytes), signature: toHex(signature) };
}

export function decodeSignState(bytes: Uint8Array): Result<SignState, "SIGN_STATE_DAMAGED"> {
  const damaged = (reason: string) => fail("SIGN_STATE_DAMAGED", reason);
  const text = new TextDecoder().decode(bytes);
  if (text.length > MAX_STATE_CHARACTERS) return damaged("it is too long");
  const parsed = StateSchema.safeParse(parseJson(text));
  if (!parsed.success) return damaged("it does not have the form of a last-sign state");
  const { crc32: stored, ...body } = parsed.data;
  if (checksum(JSON.stringify(body)) !== stored) return damaged("its checksum does not match");
  const last = lastFrom(body.last);
  const genesisHash = fromHex(body.genesisHash);
  return ok({ genesisHash, publicKey: fromHex(body.publicKey), minHeight: body.minHeight, last });
}

function lastFrom(last: z.output<typeof LastSchema>): LastSigned {
  if (last === null) return "unknown";
  if (last === "none") return "none";
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
