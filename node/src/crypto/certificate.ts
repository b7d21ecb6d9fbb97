// The one check of a certificate, for consensus, sync and the simulator. Three things must hold: there is
// one signer bit for each validator of the set, every signature that is present verifies over the bytes that
// the certificate claims, and the signers' power is a quorum. The check does not stop early at a quorum: one
// bad signature makes the whole certificate invalid (CVE-2020-15091). Pure: the verifier is passed in, and
// so is what remembers signatures that it has found valid.

import { voteSignBytes } from "../codec/sign-bytes.ts";
import type { Certificate, ValidatorSet } from "../types/chain.ts";
import { fail, ok, type Result } from "../types/errors.ts";

/** Sum of the voting power of a set. */
export function totalPowerOf(validators: ValidatorSet): number {
  let total = 0;
  for (const validator of validators) total += validator.power;
  return total;
}

/** q = floor(2·total/3) + 1: any two quorums share more power than may be faulty. */
export const quorumPower = (totalPower: number): number => Math.floor((2 * totalPower) / 3) + 1;

/** f = floor((total − 1)/3): the most power that may be faulty without harm. */
export const faultyPower = (totalPower: number): number => Math.floor((totalPower - 1) / 3);

export type CertificateFault =
  /** Not exactly one signer bit for each validator. */
  | "CERTIFICATE_BITS"
  /** Not exactly one signature for each set bit. */
  | "CERTIFICATE_COUNT"
  /** The signers' power does not prove what the certificate claims. */
  | "CERTIFICATE_POWER"
  /** A vote that has no place in this kind of certificate, or a validator's second one. */
  | "CERTIFICATE_VOTES"
  /** A signature is not its validator's over these bytes. */
  | "CERTIFICATE_SIGNATURE";

export interface CertificateContext {
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
  /** The set of the certificate's height. */
  readonly validators: ValidatorSet;
  readonly verify: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean;
  /**
   * Whether this very signature of this key over these votes was found valid before; then it is not
   * verified again. Absent: all are verified.
   */
  readonly isVerified?:
    | ((
        votes: SignedVotes,
        signer: number,
        signature: Uint8Array,
        publicKey: Uint8Array,
      ) => boolean)
    | undefined;
}

/**
 * The signers' power where the certificate holds, or why it does not. The caller has checked that the
 * certificate is of the height, type and block it needs.
 */
export function verifyCertificate(
  certificate: Certificate,
  context: CertificateContext,
): Result<number, CertificateFault> {
  const { validators } = context;
  const { signers, signatures } = certificate;
  if (signers.length !== validators.length) {
    return fail("CERTIFICATE_BITS", `${signers.length} bits for ${validators.length} validators`);
  }
  let power = 0;
  let signed = 0;
  for (let i = 0; i < signers.length; i++) {
    if (signers[i] !== true) continue;
    power += validators[i]?.power ?? 0;
    signed++;
  }
  if (signed !== signatures.length) {
    return fail("CERTIFICATE_COUNT", `${signed} signers, ${signatures.length} signatures`);
  }
  const needed = quorumPower(totalPowerOf(validators));
  if (power < needed) return fail("CERTIFICATE_POWER", `power ${power}, ${needed} needed`);
  const bad = badSigner(certificate, context);
  return bad === undefined ? ok(power) : badSignature(bad);
}

export type SignedVotes = Pick<
  Certificate,
  "type" | "height" | "round" | "blockHash" | "signers" | "signatures"
>;

/** Checks every signature, whatever the earlier ones were; gives the last signer whose is wrong. */
export function badSigner(
  votes: SignedVotes,
  { genesisHash, validators, verify, isVerified }: CertificateContext,
): number | undefined {
  const message = voteSignBytes(genesisHash, votes);
  const { signers, signatures } = votes;
  let bad: number | undefined;
  let next = 0;
  for (let i = 0; i < signers.length; i++) {
    if (signers[i] !== true) continue;
    const signature = signatures[next++];
    const key = validators[i]?.publicKey;
    if (signature === undefined || key === undefined) {
      bad = i;
      continue;
    }
    const isGood = isVerified?.(votes, i, signature, key) === true;
    if (!isGood && !verify(signature, message, key)) bad = i;
  }
  return bad;
}

export const badSignature = (signer: number) =>
  fail("CERTIFICATE_SIGNATURE", `signature of validator ${signer}`);
