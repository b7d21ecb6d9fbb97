// Votes and certificates in the shape of their schemas, and back. Beyond SSZ's own checks a vote type
// must exist, and there must be exactly one signature for each set signer bit. Used by the codec only.

import { BitArray, type ValueOf } from "@chainsafe/ssz";
import type { Certificate } from "../types/chain.ts";
import type { Vote } from "../types/consensus.ts";
import { CodedError } from "../types/errors.ts";
import { safeInteger } from "./decode.ts";
import type { CertificateSchema, VoteSchema } from "./schemas.ts";
import { voteType } from "./vote-type.ts";

type Signed = Pick<Certificate, "signers" | "signatures">;
interface SignedWire {
  readonly signers: BitArray;
  readonly signatures: Uint8Array[];
}

export const signedToWire = ({ signers, signatures }: Signed): SignedWire => ({
  signers: BitArray.fromBoolArray([...signers]),
  signatures: [...signatures],
});

/** @throws CodedError CODEC_MALFORMED unless each signer has one signature. */
export function signedFromWire(wire: SignedWire): Signed {
  const signers = wire.signers.toBoolArray();
  const { signatures } = wire;
  const signed = signers.filter(Boolean).length;
  if (signed !== signatures.length) {
    throw new CodedError(
      "CODEC_MALFORMED",
      `${signed} signers but ${signatures.length} signatures`,
    );
  }
  return { signers, signatures };
}

export function certificateToWire(certificate: Certificate): ValueOf<typeof CertificateSchema> {
  const { type, height, round, blockHash } = certificate;
  return { type, height, round, blockHash, ...signedToWire(certificate) };
}

/** @throws CodedError CODEC_MALFORMED where the value is no certificate. */
export function certificateFromWire(wire: ValueOf<typeof CertificateSchema>): Certificate {
  const { type, height, round, blockHash } = wire;
  safeInteger(height, "certificate height");
  return { type: voteType(type), height, round, blockHash, ...signedFromWire(wire) };
}

/** @throws CodedError CODEC_MALFORMED where the value is no vote. */
export function voteFromWire(wire: ValueOf<typeof VoteSchema>): Vote {
  safeInteger(wire.height, "vote height");
  return { ...wire, type: voteType(wire.type) };
}
