// Certificates that prove less than they say: made of true votes just below a threshold, with a signer
// counted twice, of another height or of another set; or forged outright. A node that takes one of them
// for good counts wrong. Sent seldom, as whoever finds one out closes the link.

import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { groupVotes } from "../../src/consensus/round-certificate.ts";
import { faultyPower } from "../../src/crypto/certificate.ts";
import { type Certificate, PRECOMMIT, PREVOTE, type VoteType } from "../../src/types/chain.ts";
import type { RoundCertificate, Vote } from "../../src/types/consensus.ts";
import { type CulpritAdapter, type Outgoing, sent } from "./culprit.ts";
import { certificateOf, type VotesFor } from "./seen.ts";

/** Of the votes on one link. */
const SELDOM = 0.07;

/** With its vote, a certificate that one of its parts makes worthless. */
export function shortCertificates(
  culprit: CulpritAdapter,
  vote: Vote,
): readonly Outgoing[] | undefined {
  const { rng, seen } = culprit;
  if (!rng.chance(SELDOM) || seen.height !== vote.height) return undefined;
  const { tallies } = seen;
  if (tallies.length === 0) return undefined;
  if (rng.chance(0.4)) {
    const certificate = shortRound(culprit, vote);
    return sent({ type: "vote", vote }, { type: "roundCertificate", certificate });
  }
  const most = Math.max(...tallies.map(({ votes }) => votes.size));
  const tally = rng.pick(tallies.filter(({ votes }) => votes.size >= most - 1));
  const certificate = rng.pick([oneShort, signerTwice, otherSet, padded])(culprit, tally);
  return sent({ type: "vote", vote }, { type: "certificate", certificate });
}

/** True votes, one less than a quorum at most. */
function oneShort({ quorum, seen, count }: CulpritAdapter, tally: VotesFor): Certificate {
  const votes = new Map([...tally.votes].slice(0, quorum - 1));
  return certificateOf({ ...tally, votes }, seen.height, count);
}

/** As many signatures as a quorum has, but one of them stands there for another validator too. */
function signerTwice(culprit: CulpritAdapter, tally: VotesFor): Certificate {
  const short = oneShort(culprit, tally);
  const signers = [...short.signers];
  const free = signers.indexOf(false);
  const [signature] = short.signatures;
  if (free === -1 || signature === undefined) return short;
  signers[free] = true;
  const at = signers.slice(0, free).filter(Boolean).length;
  return { ...short, signers, signatures: short.signatures.toSpliced(at, 0, signature) };
}

/** All true votes there are, and one more signer, whose signature is not its own. */
function padded(culprit: CulpritAdapter, tally: VotesFor): Certificate {
  const { seen, count } = culprit;
  const whole = certificateOf(tally, seen.height, count);
  const free = whole.signers.lastIndexOf(false);
  if (free === -1) return whole;
  const at = whole.signers.slice(0, free).filter(Boolean).length;
  return {
    ...whole,
    signers: whole.signers.with(free, true),
    signatures: whole.signatures.toSpliced(at, 0, new Uint8Array(64).fill(1)),
  };
}

/** Said of the height before or after, or signed by one validator more than the set has. */
function otherSet(culprit: CulpritAdapter, tally: VotesFor): Certificate {
  const { seen, count, rng } = culprit;
  const whole = certificateOf(tally, seen.height, count);
  if (rng.chance(0.5)) return { ...whole, height: Math.max(1, seen.height + rng.pick([-1, 1])) };
  const bytes = voteSignBytes(culprit.world.chain.genesisHash, { ...whole, height: seen.height });
  return {
    ...whole,
    signers: [...whole.signers, true],
    signatures: [...whole.signatures, culprit.sign(bytes)],
  };
}

/** Votes that do not quite justify a next round. */
function shortRound(culprit: CulpritAdapter, own: Vote): RoundCertificate {
  const { rng, seen, quorum, count } = culprit;
  const kind = rng.pick(["precommits", "noQuorum", "higherVotes"] as const);
  const type = kind === "precommits" ? PRECOMMIT : PREVOTE;
  const cast = seen.tallies
    .filter((tally) => tally.type === type && tally.round === own.round)
    .flatMap(({ votes }) => [...votes.values()]);
  const byVoter = [...new Map(cast.map((vote) => [vote.validatorIndex, vote])).values()];
  const most = kind === "higherVotes" ? faultyPower(count) : quorum - 1;
  const round = kind === "higherVotes" ? own.round : own.round + 1;
  const groups = groupVotes(byVoter.slice(0, most), count);
  return { kind, height: seen.height, round, groups };
}

/** With its vote, a certificate that nobody but itself has signed. */
export function forger(culprit: CulpritAdapter, vote: Vote): readonly Outgoing[] | undefined {
  const { rng, seen } = culprit;
  if (!rng.chance(SELDOM)) return undefined;
  const polka = seen.tallies.find(({ type, votes }) => type === PREVOTE && votes.size > 1);
  if (polka === undefined || rng.chance(0.7)) {
    const certificate = forgedCertificate(culprit, vote);
    return sent({ type: "vote", vote }, { type: "certificate", certificate });
  }
  // True prevotes, said to be precommits.
  const prevotes = certificateOf(polka, vote.height, culprit.count);
  const certificate: Certificate = { ...prevotes, type: PRECOMMIT };
  return sent({ type: "vote", vote }, { type: "certificate", certificate });
}

/** The own signature for all signers. */
export function forgedCertificate(
  culprit: CulpritAdapter,
  { height, round }: Pick<Vote, "height" | "round">,
  of: { readonly type?: VoteType; readonly blockHash?: Uint8Array } = {},
): Certificate {
  const { rng, seen, count, quorum } = culprit;
  const { type = rng.pick([PREVOTE, PRECOMMIT]), blockHash = seen.anyHash(rng) } = of;
  const bytes = voteSignBytes(culprit.world.chain.genesisHash, { type, height, round, blockHash });
  const signature = culprit.sign(bytes);
  const signers = Array.from({ length: count }, (_, i) => i < quorum);
  return { type, height, round, blockHash, signers, signatures: Array(quorum).fill(signature) };
}
