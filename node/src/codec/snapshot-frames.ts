// What a joining node asks for, and what it is answered (docs/protocol.md#snapshots).

import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  type ValueOf,
} from "@chainsafe/ssz";
import {
  MAX_CHUNK_OUTPUTS,
  MAX_FRAME_BYTES,
  MAX_SNAPSHOT_CHUNKS,
  OUTPUT_RECORD_BYTES,
} from "../types/limits.ts";
import type { SnapshotManifest } from "../types/snapshot.ts";
import { decodeSsz, safeInteger } from "./decode.ts";
import {
  bytes32,
  OutPointSchema,
  uint32,
  uint64,
  uint64Big,
  ValidatorStateSchema,
} from "./schemas.ts";
import { validatorStateFromWire, validatorStateToWire } from "./validator-state.ts";

/** Asks for the manifest of the newest snapshot at or below a height. */
export interface GetSnapshotMessage {
  readonly type: "getSnapshot";
  readonly requestId: number;
  readonly maxHeight: number;
}

interface SnapshotMessage {
  readonly type: "snapshot";
  readonly requestId: number;
  /** Undefined: the sender has none so low. */
  readonly manifest: SnapshotManifest | undefined;
}

export interface ChunkRequest {
  readonly requestId: number;
  /** Of the snapshot. */
  readonly height: number;
  readonly index: number;
}

interface GetSnapshotChunkMessage {
  readonly type: "getSnapshotChunk";
  readonly request: ChunkRequest;
}

interface SnapshotChunkMessage {
  readonly type: "snapshotChunk";
  readonly requestId: number;
  /** Of output-records.ts; empty: not here, or not now. */
  readonly records: Uint8Array;
}

export type SnapshotFrames =
  | GetSnapshotMessage
  | SnapshotMessage
  | GetSnapshotChunkMessage
  | SnapshotChunkMessage;

const GetSnapshotSchema = new ContainerType({ requestId: uint32, maxHeight: uint64 });

/** 2,048 bytes: crypto/lthash.ts has what they mean. */
const ACCUMULATOR_BYTES = 2_048;
const ManifestSchema = new ContainerType({
  height: uint64,
  blockHash: bytes32,
  feePot: uint64Big,
  supply: uint64Big,
  validatorState: ValidatorStateSchema,
  chunks: new ListCompositeType(
    new ContainerType({
      first: OutPointSchema,
      accumulator: new ByteVectorType(ACCUMULATOR_BYTES),
    }),
    MAX_SNAPSHOT_CHUNKS,
  ),
});
/** One manifest or none. */
const SnapshotSchema = new ContainerType({
  requestId: uint32,
  manifests: new ListCompositeType(ManifestSchema, 1),
});
const GetChunkSchema = new ContainerType({ requestId: uint32, height: uint64, index: uint32 });
const ChunkSchema = new ContainerType({
  requestId: uint32,
  records: new ByteListType(MAX_CHUNK_OUTPUTS * OUTPUT_RECORD_BYTES),
});

const manifestToWire = (manifest: SnapshotManifest) => ({
  ...manifest,
  validatorState: validatorStateToWire(manifest.validatorState),
  chunks: [...manifest.chunks],
});

function manifestFromWire(wire: ValueOf<typeof ManifestSchema>): SnapshotManifest {
  safeInteger(wire.height, "height of a snapshot");
  const validatorState = validatorStateFromWire(wire.validatorState);
  for (const { height } of validatorState.tombstones) safeInteger(height, "height of an ejection");
  for (const { skippedThrough } of validatorState.failedSlots)
    safeInteger(skippedThrough, "height of a skip");
  return { ...wire, validatorState };
}

/** The same bytes for the same snapshot, whoever made it. */
export const encodeManifest = (manifest: SnapshotManifest): Uint8Array =>
  ManifestSchema.serialize(manifestToWire(manifest));

const SMALL_BYTES = 256;
const LARGE_BYTES = MAX_FRAME_BYTES - 1;

/** How they are written and read, for codec/frames.ts. Each decoder throws CODEC_TOO_LARGE or CODEC_MALFORMED. */
export const SNAPSHOT_CODECS = {
  getSnapshot: {
    byte: 0x23,
    maxBytes: SMALL_BYTES,
    encode: ({ requestId, maxHeight }: GetSnapshotMessage) =>
      GetSnapshotSchema.serialize({ requestId, maxHeight }),
    decode(bytes: Uint8Array): GetSnapshotMessage {
      const asked = decodeSsz(GetSnapshotSchema, bytes, "snapshot request", SMALL_BYTES);
      safeInteger(asked.maxHeight, "greatest height of a snapshot");
      return { type: "getSnapshot", ...asked };
    },
  },
  snapshot: {
    byte: 0x24,
    maxBytes: LARGE_BYTES,
    encode: ({ requestId, manifest }: SnapshotMessage) =>
      SnapshotSchema.serialize({
        requestId,
        manifests: manifest === undefined ? [] : [manifestToWire(manifest)],
      }),
    decode(bytes: Uint8Array): SnapshotMessage {
      const { requestId, manifests } = decodeSsz(SnapshotSchema, bytes, "snapshot", LARGE_BYTES);
      const [found] = manifests;
      const manifest = found === undefined ? undefined : manifestFromWire(found);
      return { type: "snapshot", requestId, manifest };
    },
  },
  getSnapshotChunk: {
    byte: 0x25,
    maxBytes: SMALL_BYTES,
    encode: ({ request }: GetSnapshotChunkMessage) => GetChunkSchema.serialize(request),
    decode(bytes: Uint8Array): GetSnapshotChunkMessage {
      const request = decodeSsz(GetChunkSchema, bytes, "chunk request", SMALL_BYTES);
      safeInteger(request.height, "height of a snapshot");
      return { type: "getSnapshotChunk", request };
    },
  },
  snapshotChunk: {
    byte: 0x26,
    maxBytes: LARGE_BYTES,
    encode: ({ requestId, records }: SnapshotChunkMessage) =>
      ChunkSchema.serialize({ requestId, records }),
    decode(bytes: Uint8Array): SnapshotChunkMessage {
      const chunk = decodeSsz(ChunkSchema, bytes, "snapshot chunk", LARGE_BYTES);
      return { type: "snapshotChunk", ...chunk };
    },
  },
} as const;
