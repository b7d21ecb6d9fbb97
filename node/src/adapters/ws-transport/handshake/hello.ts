// The first frame in each direction: who the sender claims to be, signed by its node key together with
// keying material of the very TLS channel (RFC 8446 §7.5), so that a hello proves nothing on another
// channel. Byte 0 is HELLO_TYPE, bytes 1-2 the protocol version (so that another version is recognised
// whatever its layout), then SSZ. The direction is signed too: a hello cannot be reflected.

import { ByteListType, ByteVectorType, ContainerType } from "@chainsafe/ssz";
import { concatBytes, equalBytes } from "../../../codec/bytes.ts";
import { decodeSsz } from "../../../codec/decode.ts";
import { DOMAINS } from "../../../codec/domains.ts";
import { bytes32, bytes64, uint8, uint16 } from "../../../codec/schemas.ts";
import { verifySignature } from "../../../crypto/verify.ts";
import type { PeerRole } from "../../../ports.ts";
import { CodedError, fail, ok, type Result } from "../../../types/errors.ts";
import { MAX_CHAIN_ID_BYTES, MAX_PEER_ADDRESS_BYTES } from "../../../types/limits.ts";

/** The newest version of the peer protocol that this program speaks, and the oldest. 2 adds snapshots. */
export const PROTOCOL_VERSION = 2;
export const OLDEST_PROTOCOL_VERSION = 1;
export const EXPORTER_LABEL = "EXPORTER-timecoin-hello";
export const EXPORTER_BYTES = 32;
export const SESSION_BYTES = 16;
export const MAX_HELLO_BYTES = 1_024;

const HELLO_TYPE = 0x01;
const HEAD_BYTES = 3;

export interface Hello {
  readonly protocolVersion: number;
  readonly chainId: string;
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
  readonly role: PeerRole;
  /** Who dialled: the sender or the receiver of this hello. */
  readonly dialler: boolean;
  /** 16 random bytes of the sender's process: another value means that it was restarted. */
  readonly session: Uint8Array;
  /** "host:port" under which others reach the sender, or "" where it does not want to be dialled. */
  readonly listenAddress: string;
}

export type HelloRefusal =
  | "PEER_MALFORMED"
  | "PEER_IDENTITY"
  | "PEER_PROTOCOL_VERSION"
  | "PEER_CHAIN_MISMATCH"
  | "PEER_GENESIS_MISMATCH";

const BodySchema = new ContainerType({
  chainId: new ByteListType(MAX_CHAIN_ID_BYTES),
  genesisHash: bytes32,
  role: uint8,
  dialler: uint8,
  session: new ByteVectorType(SESSION_BYTES),
  listenAddress: new ByteListType(MAX_PEER_ADDRESS_BYTES),
});
const HelloSchema = new ContainerType({ body: BodySchema, signature: bytes64 });

const ROLES: readonly PeerRole[] = ["full", "validator"];
const text = new TextEncoder();
const fromText = new TextDecoder("utf-8", { fatal: true });

/** The frame of `hello` on the channel with this exported keying material. */
export function encodeHello(
  hello: Hello,
  exported: Uint8Array,
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const body = {
    chainId: text.encode(hello.chainId),
    genesisHash: hello.genesisHash,
    role: ROLES.indexOf(hello.role),
    dialler: hello.dialler ? 1 : 0,
    session: hello.session,
    listenAddress: text.encode(hello.listenAddress),
  };
  const head = headOf(hello.protocolVersion);
  const signature = sign(signedBytes(head, BodySchema.serialize(body), exported));
  return concatBytes(head, HelloSchema.serialize({ body, signature }));
}

/** What a side says of itself. */
export interface OwnHello extends Hello {
  /** The oldest version that it takes of the other side; a dialler takes the one it said. */
  readonly oldestVersion: number;
}

/**
 * The hello in `frame`, if `key` (the peer's key as TLS proved it) signed it for this channel and for
 * this side, and if it speaks of the chain that `own` speaks of, in a version that `own` takes.
 */
export function verifyHello(
  frame: Uint8Array,
  channel: { readonly exported: Uint8Array; readonly key: Uint8Array },
  own: OwnHello,
): Result<Hello, HelloRefusal> {
  if (frame[0] !== HELLO_TYPE || frame.length < HEAD_BYTES) {
    return fail("PEER_MALFORMED", "the first frame is not a hello");
  }
  const version = uint16.deserialize(frame.subarray(1, HEAD_BYTES));
  if (version < own.oldestVersion || version > own.protocolVersion) {
    return fail(
      "PEER_PROTOCOL_VERSION",
      `the peer speaks version ${version}, this node ${own.protocolVersion}`,
    );
  }
  const decoded = decodeHello(frame);
  if (!decoded.ok) return decoded;
  const { hello, bodyBytes, signature } = decoded.value;
  const signed = signedBytes(headOf(version), bodyBytes, channel.exported);
  if (!verifySignature(signature, signed, channel.key)) {
    return fail("PEER_IDENTITY", "the hello is not signed by the peer's key for this channel");
  }
  if (hello.dialler === own.dialler) {
    return fail("PEER_IDENTITY", "the hello is of the other direction");
  }
  return sameChain(hello, own);
}

function sameChain(hello: Hello, own: Hello): Result<Hello, HelloRefusal> {
  if (hello.chainId !== own.chainId) {
    // Chain ids of genesis files are plain; another one may hold anything, so it is not repeated.
    const shown = /^[a-z0-9-]+$/.test(hello.chainId) ? `"${hello.chainId}"` : "an unreadable id";
    return fail("PEER_CHAIN_MISMATCH", `the peer is of chain ${shown}, this node "${own.chainId}"`);
  }
  if (!equalBytes(hello.genesisHash, own.genesisHash)) {
    return fail(
      "PEER_GENESIS_MISMATCH",
      `the peer's genesis of "${own.chainId}" hashes to ${shortHash(hello.genesisHash)}, this node's to ${shortHash(own.genesisHash)}`,
    );
  }
  return ok(hello);
}

interface DecodedHello {
  readonly hello: Hello;
  readonly bodyBytes: Uint8Array;
  readonly signature: Uint8Array;
}

function decodeHello(frame: Uint8Array): Result<DecodedHello, HelloRefusal> {
  try {
    const wire = decodeSsz(HelloSchema, frame.subarray(HEAD_BYTES), "hello", MAX_HELLO_BYTES);
    const role = ROLES[wire.body.role];
    if (role === undefined || wire.body.dialler > 1) {
      return fail("PEER_MALFORMED", "hello: unknown role or direction");
    }
    const hello: Hello = {
      protocolVersion: uint16.deserialize(frame.subarray(1, HEAD_BYTES)),
      chainId: fromText.decode(wire.body.chainId),
      genesisHash: wire.body.genesisHash,
      role,
      dialler: wire.body.dialler === 1,
      session: wire.body.session,
      listenAddress: fromText.decode(wire.body.listenAddress),
    };
    const bodyBytes = BodySchema.serialize(wire.body);
    return ok({ hello, bodyBytes, signature: wire.signature });
  } catch (error) {
    // decodeSsz throws CodedErrors, the text decoder TypeErrors; anything else is our own fault.
    if (error instanceof CodedError) return fail("PEER_MALFORMED", error.message);
    if (error instanceof TypeError) return fail("PEER_MALFORMED", "hello: not UTF-8");
    throw error;
  }
}

function headOf(protocolVersion: number): Uint8Array {
  return concatBytes(Uint8Array.of(HELLO_TYPE), uint16.serialize(protocolVersion));
}

function signedBytes(head: Uint8Array, body: Uint8Array, exported: Uint8Array): Uint8Array {
  return concatBytes(DOMAINS.hello, exported, head, body);
}

const shortHash = (hash: Uint8Array): string => Buffer.from(hash.subarray(0, 6)).toString("hex");
