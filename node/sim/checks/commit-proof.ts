// Whether a certificate proves that a block is final, or what else a quorum said, judged by the simulator's own few lines: a bug in the
// product's check, planted or not, must not be in its judge as well. Shares types and the signed bytes only.

import { equalBytes } from "../../src/codec/bytes.ts";
import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { type Certificate, PRECOMMIT, type ValidatorSet } from "../../src/types/chain.ts";
import { fakeVerify } from "../world/keyring.ts";

/** What a commit certificate is to prove, and to whom. */
export interface CommitClaim {
  readonly genesisHash: Uint8Array;
  /** The set of the height. */
  readonly validators: ValidatorSet;
  readonly height: number;
  readonly blockHash: Uint8Array;
}

/** What is wrong with a commit certificate; undefined where it holds. */
export function commitFault(certificate: Certificate, claim: CommitClaim): string | undefined {
  if (certificate.type !== PRECOMMIT || certificate.height !== claim.height)
    return "no commit of its height";
  if (!equalBytes(certificate.blockHash, claim.blockHash)) return "of another block";
  return quorumFault(certificate, claim);
}

/** What is wrong with it as the quorum of a set for what it says. */
export function quorumFault(
  certificate: Certificate,
  { genesisHash, validators }: Pick<CommitClaim, "genesisHash" | "validators">,
): string | undefined {
  const { signers, signatures } = certificate;
  if (signers.length !== validators.length) return `${signers.length} bits`;
  const signed = validators.filter((_, index) => signers[index] === true);
  if (signed.length !== signatures.length) return `${signatures.length} signatures`;
  const power = powerOf(signed);
  if (3 * power <= 2 * powerOf(validators)) return `power ${power}`;
  const message = voteSignBytes(genesisHash, certificate);
  const isGenuine = signed.every(({ publicKey }, place) => {
    const signature = signatures[place];
    return signature !== undefined && fakeVerify(signature, message, publicKey);
  });
  return isGenuine ? undefined : "a signature that is not its validator's";
}

const powerOf = (validators: ValidatorSet): number =>
  validators.reduce((sum, { power }) => sum + power, 0);
