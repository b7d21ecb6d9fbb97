// What a round certificate proves: that its votes justify entering its round
// (docs/protocol.md#round-certificates). The driver verifies all of it before the core sees it. The core asks
// only for the arithmetic, as an assertion. Every validator counts once, by power, and every signature is
// verified.

import type { ValidatorSet } from "../types/chain.ts";
import { PRECOMMIT, PREVOTE } from "../types/chain.ts";
import type { RoundCertificate, VoteGroup } from "../types/consensus.ts";
import { fail, ok, type Result } from "../types/errors.ts";
import {
  badSignature,
  badSigner,
  type CertificateContext,
  type CertificateFault,
  faultyPower,
  quorumPower,
  totalPowerOf,
} from "./certificate.ts";

/** Power behind the votes of a certificate. */
interface Counted {
  /** Of all voters. */
  readonly voted: number;
  /** Of the strongest group. */
  readonly best: number;
}

/**
 * Do the votes, their signatures aside, justify entering the round? Gives the power of the voters.
 * - precommits: a quorum of precommits of the round before;
 * - noQuorum: in the prevotes of the round before, strongest + not voted < q. The honest power is at
 *   least q and each of them is in this sum, in whatever subset of votes is shown, as long as all of
 *   them prevote one value: then nobody can forge it;
 * - higherVotes: more than f power voted in this round or above, so an honest validator is there.
 */
export function weighRoundCertificate(
  certificate: RoundCertificate,
  validators: ValidatorSet,
): Result<number, CertificateFault> {
  const counted = count(certificate, validators);
  if (!counted.ok) return counted;
  const { voted, best } = counted.value;
  const total = totalPowerOf(validators);
  const quorum = quorumPower(total);
  const isProof = {
    precommits: () => voted >= quorum,
    noQuorum: () => best + total - voted < quorum,
    higherVotes: () => voted > faultyPower(total),
  }[certificate.kind]();
  if (isProof) return ok(voted);
  return fail("CERTIFICATE_POWER", `${certificate.kind} of power ${voted}, strongest ${best}`);
}

/** The power of the voters where the certificate holds, signatures included, or why it does not. */
export function verifyRoundCertificate(
  certificate: RoundCertificate,
  context: CertificateContext,
): Result<number, CertificateFault> {
  const weighed = weighRoundCertificate(certificate, context.validators);
  if (!weighed.ok) return weighed;
  const { height } = certificate;
  let bad: number | undefined;
  for (const group of certificate.groups) bad = badSigner({ ...group, height }, context) ?? bad;
  return bad === undefined ? weighed : badSignature(bad);
}

function count(
  { kind, round, groups }: RoundCertificate,
  validators: ValidatorSet,
): Result<Counted, CertificateFault> {
  const isSeen = Array<boolean>(validators.length).fill(false);
  let voted = 0;
  let best = 0;
  for (const group of groups) {
    const { signers, signatures } = group;
    if (signers.length !== validators.length) {
      return fail("CERTIFICATE_BITS", `${signers.length} bits for ${validators.length} validators`);
    }
    if (!belongs(group, kind, round)) {
      return fail(
        "CERTIFICATE_VOTES",
        `votes of round ${group.round} in ${kind} of round ${round}`,
      );
    }
    let power = 0;
    let signed = 0;
    for (let i = 0; i < signers.length; i++) {
      if (signers[i] !== true) continue;
      if (isSeen[i] === true) return fail("CERTIFICATE_VOTES", `validator ${i} twice`);
      isSeen[i] = true;
      power += validators[i]?.power ?? 0;
      signed++;
    }
    if (signed !== signatures.length) {
      return fail("CERTIFICATE_COUNT", `${signed} signers, ${signatures.length} signatures`);
    }
    voted += power;
    best = Math.max(best, power);
  }
  return ok({ voted, best });
}

function belongs(
  group: Pick<VoteGroup, "type" | "round">,
  kind: RoundCertificate["kind"],
  round: number,
): boolean {
  if (kind === "higherVotes") return group.round >= round;
  return group.round === round - 1 && group.type === (kind === "precommits" ? PRECOMMIT : PREVOTE);
}
