// What peers say of the network around them: addresses, and whose link they do not hear.

import { ByteListType, ContainerType, ListCompositeType } from "@chainsafe/ssz";
import { CodedError } from "../types/errors.ts";
import { MAX_PEER_ADDRESS_BYTES, MAX_PEER_ADDRESSES, MAX_VALIDATORS } from "../types/limits.ts";
import { decodeSsz } from "./decode.ts";
import { bytes32 } from "./schemas.ts";

/** The validators whose own link the sender does not hear, by public key (docs/adr/0017). */
export interface ReachMessage {
  readonly type: "reach";
  readonly missing: readonly Uint8Array[];
}

/** Addresses, "nodeId@host:port" each. */
export interface PeersMessage {
  readonly type: "peers";
  readonly addresses: readonly string[];
}

const ReachSchema = new ContainerType({
  missing: new ListCompositeType(bytes32, MAX_VALIDATORS),
});
const PeersSchema = new ContainerType({
  addresses: new ListCompositeType(new ByteListType(MAX_PEER_ADDRESS_BYTES), MAX_PEER_ADDRESSES),
});

const text = new TextEncoder();
const fromText = new TextDecoder("utf-8", { fatal: true });

export const encodeReach = ({ missing }: ReachMessage): Uint8Array =>
  ReachSchema.serialize({ missing: [...missing] });

/** @throws CodedError CODEC_TOO_LARGE or CODEC_MALFORMED. */
export const decodeReach = (bytes: Uint8Array, maxBytes: number): ReachMessage => ({
  type: "reach",
  ...decodeSsz(ReachSchema, bytes, "reach", maxBytes),
});

export const encodePeers = ({ addresses }: PeersMessage): Uint8Array =>
  PeersSchema.serialize({ addresses: addresses.map((address) => text.encode(address)) });

/** @throws CodedError CODEC_TOO_LARGE or CODEC_MALFORMED. */
export function decodePeers(bytes: Uint8Array, maxBytes: number): PeersMessage {
  const wire = decodeSsz(PeersSchema, bytes, "peer addresses", maxBytes);
  try {
    const addresses = wire.addresses.map((address) => fromText.decode(address));
    return { type: "peers", addresses };
  } catch (cause) {
    throw new CodedError("CODEC_MALFORMED", "peer addresses: not UTF-8", { cause });
  }
}
