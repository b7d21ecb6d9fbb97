// Planted bugs in what is counted, and in each kind of certificate: the commit, the PoLC, the nil polka, and
// the three reasons to enter a round.

import { bug, edit, type PlantedBug } from "../planted-bug.ts";

/** The power that a certificate of this kind needs, one short. */
const oneShort = (name: string, kind: string): PlantedBug =>
  bug(
    name,
    edit(
      "crypto/certificate.ts",
      "const needed = quorumPower(totalPowerOf(validators));",
      `const nil = certificate.blockHash.every((byte) => byte === 0);
  const needed = quorumPower(totalPowerOf(validators)) - (${kind} ? 1 : 0);`,
    ),
    // The core asserts what the gate has judged.
    edit("consensus/apply-certificate.ts", ">= state.quorumPower,", ">= state.quorumPower - 1,"),
  );

export const COUNTING_BUGS: readonly PlantedBug[] = [
  oneShort("a commit certificate needs q - 1", "certificate.type === 2 && !nil"),
  oneShort("a PoLC needs q - 1", "certificate.type === 1 && !nil"),
  oneShort("a nil certificate needs q - 1", "nil"),
  bug(
    "a certificate of precommits needs q - 1",
    edit("crypto/round-certificate.ts", "voted >= quorum,", "voted >= quorum - 1,"),
  ),
  bug(
    "no quorum is possible, one vote too early",
    edit("consensus/tally.ts", "tally.power < neededPower;", "tally.power <= neededPower;"),
    edit("crypto/round-certificate.ts", "voted < quorum,", "voted <= quorum,"),
  ),
  bug(
    "f votes of higher rounds are proof",
    edit(
      "crypto/round-certificate.ts",
      "voted > faultyPower(total),",
      "voted >= faultyPower(total),",
    ),
  ),
  bug(
    "a commit certificate needs q + 1",
    edit(
      "crypto/certificate.ts",
      "const needed = quorumPower(totalPowerOf(validators));",
      "const needed = quorumPower(totalPowerOf(validators)) + 1;",
    ),
  ),
  bug(
    "a quorum is two thirds, rounded down",
    edit(
      "crypto/certificate.ts",
      "Math.floor((2 * totalPower) / 3) + 1;",
      "Math.floor((2 * totalPower) / 3);",
    ),
  ),
  bug(
    "a quorum is n - f",
    edit(
      "crypto/certificate.ts",
      "Math.floor((2 * totalPower) / 3) + 1;",
      "totalPower - Math.floor(totalPower / 3);",
    ),
  ),
  bug(
    "a vote that comes again counts again",
    edit(
      "consensus/tally.ts",
      "  if (first !== undefined) {",
      "  if (first !== undefined && !equalBytes(first.blockHash, vote.blockHash)) {",
    ),
  ),
  bug(
    "a voter who contradicts itself counts twice",
    edit(
      "consensus/tally.ts",
      "    return equalBytes(first.blockHash, vote.blockHash) ? undefined : first;",
      `    if (equalBytes(first.blockHash, vote.blockHash)) return undefined;
    const second = valueOf(tally, vote.blockHash);
    second.power += power;
    if (second.power >= neededPower) tally.quorum ??= second;
    return first;`,
    ),
  ),
  bug(
    "a signer of a round certificate counts in each group",
    edit(
      "crypto/round-certificate.ts",
      '      if (isSeen[i] === true) return fail("CERTIFICATE_VOTES", `validator ${i} twice`);\n',
      "",
    ),
  ),
  bug(
    "votes of an earlier round count",
    edit(
      "consensus/vote.ts",
      "  const round = roundOf(state, vote.round);",
      "  const round = roundOf(state, Math.max(vote.round, state.round));",
    ),
  ),
  bug(
    "votes of the height before count",
    edit("consensus/vote.ts", "  if (vote.height !== state.context.height) return;\n", ""),
    edit(
      "driver/intake/inbound.ts",
      "this.#votes.late(peer, message.vote);",
      "this.#votes.current(peer, message.vote);",
    ),
  ),
  bug(
    "prevotes commit",
    edit(
      "consensus/vote.ts",
      "  const index = vote.validatorIndex;\n  invariant(",
      "  const index = vote.validatorIndex;\n  if (vote.type === PREVOTE) countVote(state, { ...vote, type: PRECOMMIT }, []);\n  invariant(",
    ),
  ),
  bug(
    "precommits make a polka",
    edit(
      "consensus/vote.ts",
      "  const index = vote.validatorIndex;\n  invariant(",
      "  const index = vote.validatorIndex;\n  if (vote.type === PRECOMMIT) countVote(state, { ...vote, type: PREVOTE }, []);\n  invariant(",
    ),
  ),
  bug(
    "nil counts as a vote for the proposal",
    edit(
      "consensus/vote.ts",
      "  const first = addVote(tally, vote, power,",
      `  const proposed = round.proposal?.proposal.blockHash;
  const isNil = vote.blockHash.every((byte) => byte === 0);
  if (isNil && proposed !== undefined) vote = { ...vote, blockHash: proposed };
  const first = addVote(tally, vote, power,`,
    ),
  ),
  bug(
    "a certificate's votes count one by one",
    edit(
      "consensus/apply-certificate.ts",
      "import { noteAhead, noteQuorum }",
      "import { noteAhead, noteQuorum, receiveVote }",
    ),
    edit(
      "consensus/apply-certificate.ts",
      "  const nil = isNil(blockHash);\n",
      `  for (let i = 0; i < certificate.signers.length; i++) {
    const vote = voteIn(certificate, i);
    if (vote !== undefined) receiveVote(state, vote, out);
  }
  return;
  const nil = isNil(blockHash);
`,
    ),
  ),
  bug(
    "a late precommit for anything completes a certificate",
    edit(
      "driver/chain/late-precommits.ts",
      "vote?.round === round && equalBytes(vote.blockHash, blockHash);",
      "vote?.round === round;",
    ),
  ),
  bug(
    "a late precommit of any round completes a certificate",
    edit(
      "driver/chain/late-precommits.ts",
      "vote?.round === round && equalBytes(vote.blockHash, blockHash);",
      "vote !== undefined && equalBytes(vote.blockHash, blockHash);",
    ),
  ),
];
