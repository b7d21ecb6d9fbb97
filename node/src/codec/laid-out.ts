// SSZ types whose values are written and read by straight-line code (straight-line.ts) instead of field
// by field. Inside larger schemas they take the place of the library's type of the same fields, with
// the same bytes; only writing and reading of values is theirs, Merkle trees are not used here.

import { type ByteViews, type CompositeType, ContainerType, type Type } from "@chainsafe/ssz";
import type { Certificate } from "../types/chain.ts";
import { CodedError } from "../types/errors.ts";
import { allocate } from "./slab.ts";
import {
  certificateBytes,
  type Layout,
  readCertificate,
  writeCertificate,
} from "./straight-line.ts";

type Fields = Record<string, Type<unknown>>;
/** As it is used in schemas: the views of the library's trees are nobody's business. */
type Laid<V> = CompositeType<V, unknown, unknown>;

/** A container of fields of one size each. */
export function laidOut<V>(fields: Fields, layout: Layout<V>): Laid<V> {
  const { sizeBytes } = layout;
  const own = {
    value_serializedSize: () => sizeBytes,
    value_serializeToBytes(output: ByteViews, offset: number, value: V): number {
      layout.write(output.uint8Array, offset, value);
      return offset + sizeBytes;
    },
    value_deserializeFromBytes(data: ByteViews, start: number, end: number): V {
      assertSize(end - start, sizeBytes);
      return layout.read(data.uint8Array, start);
    },
    serialize(value: V): Uint8Array {
      const bytes = allocate(sizeBytes);
      layout.write(bytes, 0, value);
      return bytes;
    },
    deserialize(bytes: Uint8Array): V {
      assertSize(bytes.length, sizeBytes);
      return layout.read(bytes, 0);
    },
  };
  return Object.assign(new ContainerType(fields), own) as unknown as Laid<V>;
}

/** The certificate: its signers are flags, its count of signatures is checked on reading. */
export function laidOutCertificate(fields: Fields): Laid<Certificate> {
  const own = {
    value_serializedSize: certificateBytes,
    value_serializeToBytes: (output: ByteViews, offset: number, value: Certificate): number =>
      writeCertificate(output.uint8Array, offset, value),
    value_deserializeFromBytes: (data: ByteViews, start: number, end: number): Certificate =>
      readCertificate(data.uint8Array, start, end),
    serialize(value: Certificate): Uint8Array {
      const bytes = allocate(certificateBytes(value));
      writeCertificate(bytes, 0, value);
      return bytes;
    },
    deserialize: (bytes: Uint8Array): Certificate => readCertificate(bytes, 0, bytes.length),
  };
  return Object.assign(new ContainerType(fields), own) as unknown as Laid<Certificate>;
}

function assertSize(sizeBytes: number, expected: number): void {
  if (sizeBytes !== expected) {
    throw new CodedError("CODEC_MALFORMED", `${sizeBytes} bytes, not ${expected}`);
  }
}
