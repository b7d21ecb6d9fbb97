// Byzantine validators that send what no honest node would make: single fields changed and signed again, as
// in ByzzFuzz, bits flipped, claims of heights that do not exist, and false blocks for those who catch up.

import { encodeFrame, type Message } from "../../src/codec/frames.ts";
import { blockHashOf } from "../../src/crypto/ids.ts";
import {
  type Certificate,
  type CertifiedBlock,
  PRECOMMIT,
  PREVOTE,
} from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import type { Rng } from "../world/rng.ts";
import { forgedCertificate, resigned } from "./bad-certificates.ts";
import { type Behaviour, type CulpritAdapter, sent } from "./culprit.ts";

const OFTEN = 0.3;
/** Of what is changed: a bit, or a certificate, which costs the link. */
const SELDOM = 0.05;

/** Each receiver gets the message, or one that differs in a field or a bit. */
export const fuzzed: Behaviour = (culprit) => (message) => {
  const { rng } = culprit;
  if (!rng.chance(OFTEN)) return undefined;
  if (rng.chance(SELDOM)) return [{ frame: flipped(culprit, message), delayMs: 0 }];
  const vote = culprit.ownVote(message);
  if (vote !== undefined) {
    return sent({ type: "vote", vote: culprit.vote(vote, changeOf(culprit, vote)) });
  }
  const own = message.type === "proposal" ? culprit.ownProposal(message) : undefined;
  if (own !== undefined) {
    return sent({ type: "proposal", proposal: changedProposal(culprit, own) });
  }
  if (!rng.chance(SELDOM)) return undefined;
  if (message.type === "certificate") {
    return sent({ type: "certificate", certificate: changed(culprit, message.certificate) });
  }
  if (message.type !== "roundCertificate") return undefined;
  const round = Math.max(1, message.certificate.round + rng.pick([-1, 1]));
  return sent({ type: "roundCertificate", certificate: { ...message.certificate, round } });
};

function flipped({ rng }: CulpritAdapter, message: Message): Uint8Array {
  const bytes = encodeFrame(message).slice();
  const at = rng.int(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << rng.int(8));
  return bytes;
}

function changeOf({ rng, seen }: CulpritAdapter, vote: Vote): Partial<Vote> {
  const near = rng.pick([-1, 1, 2]);
  return rng.pick<Partial<Vote>>([
    { round: Math.max(0, vote.round + near) },
    { height: Math.max(1, vote.height + near) },
    { type: vote.type === PREVOTE ? PRECOMMIT : PREVOTE },
    { blockHash: seen.anyHash(rng) },
  ]);
}

/** One field of proposal or header, signed again; or another PoLC beside it. */
function changedProposal(culprit: CulpritAdapter, message: ProposalMessage): ProposalMessage {
  const { rng, seen } = culprit;
  const { proposal, block } = message;
  const { header } = block;
  const near = rng.pick([-1, 1]);
  const wrong = seen.anyHash(rng);
  const timestampMs = Math.max(0, header.timestampMs + rng.pick([-1, 1, -1_000, 1_000]));
  const inHeader = (change: object) =>
    culprit.propose(message, { ...block, header: { ...header, ...change } });
  return rng.pick([
    () => culprit.propose(message, block, { round: Math.max(0, proposal.round + near) }),
    () => culprit.propose(message, block, { height: Math.max(1, proposal.height + near) }),
    () => culprit.propose(message, block, { validRound: Math.max(-1, proposal.validRound + near) }),
    () => culprit.propose(message, block, { blockHash: wrong }),
    () => ({ ...message, polc: undefined }),
    () => inHeader({ timestampMs }),
    () => inHeader({ round: header.round + 1 }),
    () => inHeader({ parentHash: wrong }),
    () => inHeader({ height: header.height + 1 }),
  ])();
}

/** One field of a certificate, whose signatures then say something else. */
function changed({ rng, seen }: CulpritAdapter, certificate: Certificate): Certificate {
  const { round, height, type, signers } = certificate;
  const near = rng.pick([-1, 1]);
  const change = rng.pick<Partial<Certificate>>([
    { round: Math.max(0, round + near) },
    { height: Math.max(1, height + near) },
    { blockHash: seen.anyHash(rng) },
    { type: type === PREVOTE ? PRECOMMIT : PREVOTE },
    { signers: signers.map((_, i) => signers[(i + 1) % signers.length] === true) },
  ]);
  return { ...certificate, ...change };
}

/** Claims heights that do not exist, and answers with blocks that are not the ones. */
export const liar: Behaviour = (culprit) => (message) => {
  const { rng } = culprit;
  if (message.type === "status") {
    const { height } = message.status;
    const claimed = rng.pick([2 ** 50, height + 1_000, height + 5, Math.max(0, height - 2), 0]);
    return sent({ type: "status", status: { ...message.status, height: claimed } });
  }
  if (message.type !== "blocks") return undefined;
  const { requestId, blocks } = message;
  if (blocks.length === 0) {
    return sent({ type: "blocks", requestId, blocks: uncommitted(culprit) });
  }
  return rng.pick([
    () => undefined,
    () => sent({ type: "blocks", requestId, blocks: [] }),
    () => sent({ type: "blocks", requestId: requestId + 1, blocks }),
    () => sent({ type: "blocks", requestId, blocks: blocks.map(falseBlock) }),
    () => sent({ type: "blocks", requestId, blocks: blocks.map(twin) }),
    () => sent({ type: "blocks", requestId, blocks: blocks.map(withAnother) }),
    () => sent({ type: "blocks", requestId, blocks: blocks.map((b) => withBadSignature(b, rng)) }),
    () => sent({ type: "blocks", requestId, blocks: blocks.map((b) => forgedBlock(culprit, b)) }),
  ])();
};

/** Another block under a true certificate. */
const falseBlock = ({ block, certificate }: CertifiedBlock): CertifiedBlock => ({
  certificate,
  block: { ...block, header: { ...block.header, stateRoot: block.header.parentHash } },
});

/** Another block that is valid there, under a true certificate. */
const twin = ({ block, certificate }: CertifiedBlock): CertifiedBlock => ({
  certificate,
  block: { ...block, header: { ...block.header, timestampMs: block.header.timestampMs + 1 } },
});

/** The block of the height in progress, with its polka in place of a commit, where both are known. */
function uncommitted({ seen, quorum, count }: CulpritAdapter): readonly CertifiedBlock[] {
  return seen
    .polkasBefore(Infinity, quorum, count)
    .slice(-1)
    .map(({ message, polc }) => ({ block: message.block, certificate: polc }));
}

/** A true block with the certificate of the one before it. */
const withAnother = ({ block, certificate }: CertifiedBlock): CertifiedBlock => ({
  block,
  certificate: block.lastCommit ?? certificate,
});

/** A true block, with a certificate that one signer has not signed. */
const withBadSignature = ({ block, certificate }: CertifiedBlock, rng: Rng): CertifiedBlock => ({
  block,
  certificate: resigned(certificate, rng),
});

/** A block that only the culprit has signed. */
function forgedBlock(culprit: CulpritAdapter, { block }: CertifiedBlock): CertifiedBlock {
  const { height, timestampMs } = block.header;
  const header = { ...block.header, timestampMs: timestampMs + 1 };
  const of = { type: PRECOMMIT, blockHash: blockHashOf(header) } as const;
  const certificate = forgedCertificate(culprit, { height, round: 0 }, of);
  return { block: { ...block, header }, certificate };
}
