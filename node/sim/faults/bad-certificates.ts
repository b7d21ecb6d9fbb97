// Certificates that prove less than they say: made of true votes just below a threshold, with a signer
// counted twice, of another height or of another set; or forged outright. A node that takes one of them
// for good counts wrong. Sent seldom, as whoever finds one out closes the link.

import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { groupVotes } from "../../src/consensus/round-certificate.ts";
import { type Certificate, PRECOMMIT, PREVOTE, type VoteType } from "../../src/types/chain.ts";
import type { RoundCertificate, Vote } from "../../src/types/consensus.ts";
import type { Rng } from "../world/rng.ts";
import { type Behaviour, type CulpritAdapter, type Outgoing, sent } from "./culprit.ts";
import { certificateOf, type VotesFor } from "./seen.ts";

/** Of the votes on one link. */
const SELDOM = 0.07;

/** Of the certificates that the node itself shows. */
const OFTEN = 0.3;

/** Certificates that prove too little: in place of those that the node shows, and with its votes. */
export const certifier: Behaviour = (culprit) => (message) => {
  const { rng } = culprit;
  const vote = culprit.ownVote(message);
  if (vote !== undefined) return shortCertificates(culprit, vote);
  if (message.type === "certificate" && rng.chance(OFTEN)) {
    const { certificate: whole } = message;
    const certificate = rng.chance(0.5)
      ? shortened(whole, culprit.quorum - 1)
      : resigned(whole, rng);
    return sent({ type: "certificate", certificate });
  }
  if (message.type !== "roundCertificate" || !rng.chance(OFTEN)) return undefined;
  // One vote less than there is: of the last group, which is seldom the strongest.
  const { groups } = message.certificate;
  const last = groups.at(-1);
  if (last === undefined || last.signatures.length < 2) return undefined;
  const shorter = shortened(last, last.signatures.length - 1);
  const certificate = { ...message.certificate, groups: [...groups.slice(0, -1), shorter] };
  return sent({ type: "roundCertificate", certificate });
};

/** With the first `count` signers only. */
function shortened<T extends Pick<Certificate, "signers" | "signatures">>(
  certificate: T,
  count: number,
): T {
  let kept = 0;
  const signers = certificate.signers.map((signed) => signed && ++kept <= count);
  return { ...certificate, signers, signatures: certificate.signatures.slice(0, count) };
}

/** With its vote, a certificate that one of its parts makes worthless. */
function shortCertificates(culprit: CulpritAdapter, vote: Vote): readonly Outgoing[] | undefined {
  const { rng, seen, quorum } = culprit;
  if (!rng.chance(SELDOM) || seen.height !== vote.height) return undefined;
  const { tallies } = seen;
  if (tallies.length === 0) return undefined;
  if (rng.chance(0.4)) {
    const certificate = shortRound(culprit, vote);
    return sent({ type: "vote", vote }, { type: "roundCertificate", certificate });
  }
  const most = Math.max(...tallies.map(({ votes }) => votes.size));
  const enough = Math.min(most, quorum - 1);
  const tally = rng.pick(tallies.filter(({ votes }) => votes.size >= enough));
  const certificate = rng.pick(WORTHLESS)(culprit, tally);
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

/** With a signature in place of a true one, of which others may have seen the true one. */
export function resigned<T extends Pick<Certificate, "signatures">>(certificate: T, rng: Rng): T {
  const { signatures } = certificate;
  const at = rng.int(signatures.length);
  return { ...certificate, signatures: signatures.with(at, new Uint8Array(64).fill(2)) };
}

/** As many votes as there are, said to be for another block. */
function misquoted(culprit: CulpritAdapter, tally: VotesFor): Certificate {
  const { seen, count, rng } = culprit;
  return { ...certificateOf(tally, seen.height, count), blockHash: seen.anyHash(rng) };
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

const WORTHLESS = [
  oneShort,
  signerTwice,
  otherSet,
  padded,
  misquoted,
  (culprit: CulpritAdapter, tally: VotesFor) => resigned(padded(culprit, tally), culprit.rng),
  (culprit: CulpritAdapter, tally: VotesFor) =>
    resigned(certificateOf(tally, culprit.seen.height, culprit.count), culprit.rng),
] as const;

/** Votes that do not quite justify a next round. */
function shortRound(culprit: CulpritAdapter, own: Vote): RoundCertificate {
  const { rng, seen, quorum, count } = culprit;
  const kind = rng.pick(["precommits", "noQuorum", "higherVotes"] as const);
  const { height } = seen;
  if (kind === "higherVotes") {
    // The own vote alone: f power at most.
    const round = own.round + rng.pick([1, 2, 5]);
    return { kind, height, round, groups: groupVotes([culprit.vote(own, { round })], count) };
  }
  const type = kind === "precommits" ? PRECOMMIT : PREVOTE;
  const cast = seen.tallies
    .filter((tally) => tally.type === type && tally.round === own.round)
    .flatMap(({ votes }) => [...votes.values()]);
  const byVoter = [...new Map(cast.map((vote) => [vote.validatorIndex, vote])).values()];
  const shown = byVoter.slice(0, quorum - 1);
  // It votes once more, so that its power would count twice.
  const blockHash = new Uint8Array(32).fill(rng.int(2));
  if (rng.chance(0.4)) shown.push(culprit.vote(own, { type, blockHash }));
  return { kind, height, round: own.round + 1, groups: groupVotes(shown, count) };
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
