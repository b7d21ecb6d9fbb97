// The last-sign state as a file: one JSON object that a person can read in an emergency, and a CRC-32 of
// everything else in it. Pure. A file that does not read back exactly is damaged, never "empty".

import { crc32 } from "node:zlib";
import { z } from "zod";
import { fromHex, toHex } from "../codec/hex.ts";
import { allocate } from "../codec/slab.ts";
import type { SignStep } from "../ports.ts";
import { fail, invariant, ok, type Result } from "../types/errors.ts";
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

/** With the name of its member; more than it takes. */
const CHECKSUM_CHARACTERS = 32;
/** Where the file is put together; synchronous, so no two calls share it. */
const room = new Uint8Array(MAX_STATE_CHARACTERS);
const HEX_CODES = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
/** The beginning of the file, by public key: it is the same for each signature of a key. */
const beginnings = new WeakMap<Uint8Array, { genesisHash: Uint8Array; text: Uint8Array }>();

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const TEXT = {
  last: ascii(',"last":'),
  none: ascii("null"),
  height: ascii('{"height":'),
  round: ascii(',"round":'),
  step: ascii(',"step":'),
  signBytes: ascii(',"signBytes":"'),
  signature: ascii('","signature":"'),
  lastEnds: ascii('"}'),
  ends: ascii("}"),
  crc32: ascii(',"crc32":"'),
  fileEnds: ascii('"}\n'),
} as const;
const crcBytes = new DataView(new ArrayBuffer(4));

/** Written for each signature: text by hand, whose values are numbers and hex only. */
export function encodeSignState(state: SignState): Uint8Array {
  const { minHeight, last } = state;
  let at = putNumber(putText(0, beginningOf(state)), minHeight);
  at = putText(at, TEXT.last);
  if (last === undefined) at = putText(at, TEXT.none);
  else {
    at = putNumber(putText(at, TEXT.height), last.height);
    at = putNumber(putText(at, TEXT.round), last.round);
    at = putNumber(putText(at, TEXT.step), last.step);
    at = putHex(putText(at, TEXT.signBytes), last.signBytes);
    at = putHex(putText(at, TEXT.signature), last.signature);
    at = putText(at, TEXT.lastEnds);
  }
  invariant(at + CHECKSUM_CHARACTERS <= room.length, "a sign state is short");
  // The checksum is the last member of the object whose other members it covers.
  crcBytes.setUint32(0, crc32(room.subarray(0, putText(at, TEXT.ends))));
  at = putHex(putText(at, TEXT.crc32), new Uint8Array(crcBytes.buffer));
  const file = allocate(putText(at, TEXT.fileEnds));
  file.set(room.subarray(0, file.length));
  return file;
}

function beginningOf({ genesisHash, publicKey }: SignState): Uint8Array {
  const known = beginnings.get(publicKey);
  if (known?.genesisHash === genesisHash) return known.text;
  const owner = `"genesisHash":"${toHex(genesisHash)}","publicKey":"${toHex(publicKey)}"`;
  const text = ascii(`{"type":"${STATE_TYPE}",${owner},"minHeight":`);
  beginnings.set(publicKey, { genesisHash, text });
  return text;
}

function putText(at: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) room[at + i] = text[i] ?? 0;
  return at + text.length;
}

function putNumber(at: number, value: number): number {
  const text = String(value);
  for (let i = 0; i < text.length; i++) room[at + i] = text.charCodeAt(i);
  return at + text.length;
}

function putHex(at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    room[at + 2 * i] = HEX_CODES[byte >> 4] ?? 0;
    room[at + 2 * i + 1] = HEX_CODES[byte & 15] ?? 0;
  }
  return at + 2 * bytes.length;
}

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
