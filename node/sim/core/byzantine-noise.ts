// Behaviours that send what no honest node would make: single fields changed and signed again
// (ByzzFuzz), bits flipped, forged certificates, votes of rounds far ahead, claims of heights.

import { quorumPower } from "../../src/crypto/certificate.ts";
import { type Certificate, PRECOMMIT, PREVOTE } from "../../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../../src/types/consensus.ts";
import { fakeSign } from "../world/keyring.ts";
import type { Tools } from "./byzantine-tools.ts";
import { type Envelope, envelop, seal } from "./envelope.ts";
import { voteBytes } from "./vote-bytes.ts";
import type { Outbound } from "./world.ts";

const OFTEN = 0.3;

/** Each receiver gets the message, or one that differs in a field or a bit. */
export function fuzzed(tools: Tools): Outbound {
  const { rng } = tools.world;
  const send = (sealed: Envelope, mutate: () => Envelope) =>
    tools.toEach(() => {
      if (!rng.chance(OFTEN)) return sealed;
      return rng.chance(0.3) ? flipped(tools, sealed) : mutate();
    });
  return {
    vote: (vote) =>
      send(seal({ type: "vote", vote }), () =>
        seal({ type: "vote", vote: changedVote(tools, vote) }),
      ),
    proposal: (proposal) =>
      send(seal({ type: "proposal", proposal }), () =>
        seal({ type: "proposal", proposal: changedProposal(tools, proposal) }),
      ),
    certificate: (certificate) =>
      send(seal({ type: "certificate", certificate }), () =>
        seal({ type: "certificate", certificate: changedCertificate(tools, certificate) }),
      ),
    roundCertificate: (certificate) => {
      const sealed = seal({ type: "roundCertificate", certificate });
      const round = Math.max(1, certificate.round + rng.pick([-1, 1]));
      send(sealed, () =>
        seal({ type: "roundCertificate", certificate: { ...certificate, round } }),
      );
    },
  };
}

/** One bit of the frame, anywhere behind its type byte. */
function flipped({ world }: Tools, { frame }: Envelope): Envelope {
  const changed = frame.slice();
  const place = 1 + world.rng.int(changed.length - 1);
  changed[place] = (changed[place] ?? 0) ^ (1 << world.rng.int(8));
  return envelop(changed);
}

/** One field of the vote, signed again by the culprit. */
function changedVote(tools: Tools, vote: Vote): Vote {
  const { rng } = tools.world;
  const near = rng.pick([-1, 1]);
  return tools.castVote({
    ...vote,
    ...rng.pick([
      { round: Math.max(0, vote.round + near) },
      { height: Math.max(1, vote.height + near) },
      { blockHash: tools.anyHash() },
      { type: vote.type === PREVOTE ? PRECOMMIT : PREVOTE },
    ]),
  });
}

/** One field of proposal or header, signed again; or another PoLC beside it. */
function changedProposal(tools: Tools, message: ProposalMessage): ProposalMessage {
  const { rng } = tools.world;
  const { proposal, block, polc } = message;
  const { header } = block;
  const near = rng.pick([-1, 1]);
  switch (rng.int(6)) {
    case 0:
      return {
        ...tools.proposeAs({ ...proposal, round: Math.max(0, proposal.round + near) }, block),
        polc,
      };
    case 1:
      return tools.proposeAs(
        { ...proposal, validRound: Math.max(-1, proposal.validRound + near) },
        block,
      );
    case 2:
      return tools.proposeAs({ ...proposal, blockHash: tools.anyHash() }, block);
    case 3:
      return { ...message, polc: undefined };
    case 4: {
      const timestampMs = Math.max(0, header.timestampMs + rng.pick([-1, 1, -1_000, 1_000]));
      return tools.propose({ ...block, header: { ...header, timestampMs } }, proposal.round, -1);
    }
    default: {
      const changed = rng.pick([
        { round: header.round + 1 },
        { parentHash: tools.anyHash() },
        { proposer: tools.keyOfLeader(proposal.round + 1) },
        { height: header.height + 1 },
      ]);
      return tools.propose({ ...block, header: { ...header, ...changed } }, proposal.round, -1);
    }
  }
}

/** One field of a certificate, whose signatures then say something else. */
function changedCertificate(tools: Tools, certificate: Certificate): Certificate {
  const { rng } = tools.world;
  const near = rng.pick([-1, 1]);
  return {
    ...certificate,
    ...rng.pick([
      { round: Math.max(0, certificate.round + near) },
      { height: Math.max(1, certificate.height + near) },
      { blockHash: tools.anyHash() },
      { type: certificate.type === PREVOTE ? PRECOMMIT : PREVOTE },
      { signers: certificate.signers.map((_, i, all) => all[(i + 1) % all.length] === true) },
    ]),
  };
}

/** With its votes, certificates that nobody may accept. */
export function forgeries(tools: Tools, honest: Outbound): Outbound {
  return {
    ...honest,
    vote: (vote) => {
      honest.vote(vote);
      const certificate = forged(tools, vote);
      tools.toSome(seal({ type: "certificate", certificate }));
    },
  };
}

/** The own signature for all signers, or the own one alone for a quorum, or true votes of another kind. */
function forged(tools: Tools, vote: Vote): Certificate {
  const { world, node } = tools;
  const { rng, validators } = world;
  const { height, round } = vote;
  const seen = node.state.rounds.get(round)?.prevotes.quorum?.certificate;
  if (seen !== undefined && rng.chance(0.3)) return { ...seen, type: PRECOMMIT };
  const type = rng.pick([PREVOTE, PRECOMMIT] as const);
  const blockHash = tools.anyHash();
  const bytes = voteBytes({ type, height, round, blockHash });
  const signature = fakeSign(bytes, node.options.signer.publicKey);
  const quorum = quorumPower(validators.length);
  const signers = validators.map((_, i) => i === node.options.index || rng.chance(0.5));
  const count = signers.filter(Boolean).length;
  if (count < quorum) signers.fill(true);
  const signatures = signers.filter(Boolean).map(() => signature);
  return { type, height, round, blockHash, signers, signatures };
}

/** Votes for rounds that nobody has reached, to pull others after it. */
export function runaway(tools: Tools, honest: Outbound): Outbound {
  const { rng } = tools.world;
  return {
    ...honest,
    vote: (vote) => {
      honest.vote(vote);
      const round = vote.round + rng.pick([1, 2, 3, 10, 1_000]);
      const type = rng.pick([PREVOTE, PRECOMMIT] as const);
      tools.toSome(seal({ type: "vote", vote: tools.castVote({ ...vote, type, round }) }));
    },
  };
}

/** Claims heights that do not exist, and answers with blocks that nobody certified. */
export function liesOfHeights(tools: Tools, honest: Outbound): Outbound {
  const { rng } = tools.world;
  return {
    ...honest,
    round: (height) => {
      const claimed = rng.pick([height + 1, height + 1_000, Number.MAX_SAFE_INTEGER, 0]);
      const status = { height: claimed, baseHeight: 1, blockHash: tools.anyHash() };
      tools.toSome(seal({ type: "status", status }));
    },
    answer: (to, blocks) => {
      const block = tools.node.newBlock(0);
      const own = tools.propose(block, 0, -1).proposal.blockHash;
      const certificate = {
        ...forged(tools, emptyVote(tools)),
        type: PRECOMMIT,
        blockHash: own,
      } as const;
      const lies = [...blocks.slice(0, 1), { block, certificate }];
      tools.world.send(
        tools.node.options.process,
        to,
        seal({ type: "blocks", requestId: 0, blocks: lies }),
      );
    },
  };
}

const emptyVote = ({ node }: Tools): Vote => ({
  type: PRECOMMIT,
  height: node.height,
  round: 0,
  blockHash: new Uint8Array(32),
  validatorIndex: node.options.index,
  signature: new Uint8Array(64),
});
