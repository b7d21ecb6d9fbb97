// Planted bugs of the core's rules: when it prevotes, locks, precommits, decides and goes on.

import { bug, edit, type PlantedBug } from "../planted-bug.ts";

export const VOTING_BUGS: readonly PlantedBug[] = [
  bug(
    "the lock is not looked at",
    edit("consensus/lock.ts", "lock === undefined || equalBytes(lock.hash, hash) ||", "true ||"),
  ),
  bug(
    "any PoLC unlocks, however old",
    edit("consensus/lock.ts", "lock.round <= validRound;", "validRound >= 0;"),
  ),
  bug(
    "the lock is lost with the round",
    edit(
      "consensus/rounds.ts",
      "  state.entry = entry;\n",
      "  state.entry = entry;\n  state.lock = undefined;\n",
    ),
  ),
  bug(
    "the first lock of a height is never moved",
    edit(
      "consensus/lock.ts",
      "  if (block === undefined) return undefined;\n  adoptPolka(state, round);",
      `  const isOther = state.lock !== undefined && !equalBytes(state.lock.hash, block?.hash ?? NONE);
  if (block === undefined || isOther) return undefined;
  adoptPolka(state, round);`,
    ),
    edit(
      "consensus/lock.ts",
      "export const lockPermits",
      "const NONE = new Uint8Array(32);\nexport const lockPermits",
    ),
  ),
  bug(
    "a polka needs q - 1",
    edit(
      "consensus/vote.ts",
      "addVote(tally, vote, power, state.quorumPower)",
      "addVote(tally, vote, power, state.quorumPower - (vote.type === PREVOTE ? 1 : 0))",
    ),
  ),
  bug(
    "a commit needs q - 1",
    edit(
      "consensus/vote.ts",
      "addVote(tally, vote, power, state.quorumPower)",
      "addVote(tally, vote, power, state.quorumPower - (vote.type === PRECOMMIT ? 1 : 0))",
    ),
    edit("consensus/commit.ts", "value.power >= state.quorumPower", "value.power > 0"),
  ),
  bug(
    "f votes of higher rounds pull ahead",
    edit(
      "consensus/rounds.ts",
      "faultyPower(state.totalPower) + 1;",
      "faultyPower(state.totalPower);",
    ),
  ),
  bug(
    "the valid value is never renewed",
    edit("consensus/lock.ts", "round.round <= state.validRound ||", "state.validRound >= 0 ||"),
  ),
  bug(
    "a leader forgets the valid value",
    edit("consensus/propose.ts", "if (proposeValid(state, out)) return;", ""),
    edit("consensus/propose.ts", " || proposeValid(state, out)) return;", ") return;"),
  ),
  bug(
    "a polka is precommitted without its block",
    edit(
      "consensus/settle.ts",
      "  if (block === undefined) return false;\n  castPrecommit(state, block, out);",
      `  const polka = round.prevotes.quorum;
  if (block === undefined && (polka === undefined || polka.nil)) return false;
  castPrecommit(state, block ?? { hex: Buffer.from(polka.hash).toString("hex") }, out);`,
    ),
  ),
  bug(
    "a late polka is not adopted",
    edit(
      "consensus/lock.ts",
      "|| round.round > state.round) return;",
      "|| round.round !== state.round) return;",
    ),
  ),
  bug(
    "a polka that waited for its block is not adopted",
    edit(
      "consensus/lock.ts",
      "if (round.prevotes.quorum !== undefined) adoptPolka(state, round);",
      "",
    ),
  ),
  bug(
    "a commit of an older round decides nothing",
    edit(
      "consensus/commit.ts",
      "if (commit === undefined || state.decided) return;",
      "if (commit === undefined || state.decided || commit.round !== state.round) return;",
    ),
  ),
  bug(
    "rounds are kept too few",
    edit("consensus/state.ts", "RETAINED_ROUNDS = 64;", "RETAINED_ROUNDS = 0;"),
  ),
  bug(
    "blocks are dropped with their round",
    edit(
      "consensus/state.ts",
      `  const oldest = state.round - RETAINED_ROUNDS;
  if (oldest <= 0) return;`,
      `  state.candidates = state.candidates.filter(({ round }) => round >= state.round);
  const oldest = state.round - RETAINED_ROUNDS;
  if (oldest <= 0) return;`,
    ),
  ),
  bug(
    "a second proposal is prevoted again",
    edit(
      "consensus/receive-proposal.ts",
      "  // Others may have seen this one first: its block can still gather a quorum.",
      "  if (round.round === state.round) castPrevote(state, undefined, out);",
    ),
    edit(
      "consensus/receive-proposal.ts",
      "type ProposalInput = Extract<",
      "import { castPrevote } from './vote.ts';\ntype ProposalInput = Extract<",
    ),
    edit(
      "consensus/vote.ts",
      " || ownVote(state, voteType, self) !== undefined) return;",
      ") return;",
    ),
    edit(
      "adapters/sign-guard.ts",
      '    : refuse("SIGN_CONFLICT", `other bytes were signed at ${placeOf(last)}`);',
      "    : { sign: true };",
    ),
  ),
  bug(
    "an untimely proposal is prevoted",
    edit(
      "consensus/receive-proposal.ts",
      "if (isTimely(params, header.timestampMs, nowMs, proposal.round)) return undefined;",
      "return undefined;",
    ),
  ),
  bug(
    "the time bound of a proposal does not grow",
    edit(
      "consensus/timeouts.ts",
      "grownMs(messageDelayMs, timeoutGrowth, round, Number.MAX_SAFE_INTEGER)",
      "messageDelayMs",
    ),
  ),
  bug(
    "anybody may propose",
    edit(
      "consensus/receive-proposal.ts",
      "if (leaderOf(state.context, proposal.round) !== proposal.proposerIndex) {",
      "if (false) {",
    ),
    edit(
      "driver/intake/proposal-intake.ts",
      "if (proposerIndex === leaderOf(chain.nextContext(), round)) return true;",
      "return true;",
    ),
  ),
  bug(
    "a re-proposal needs no PoLC",
    edit(
      "consensus/receive-proposal.ts",
      "  polc !== undefined &&\n  polc.type === PREVOTE &&",
      "  true ||\n  polc.type === PREVOTE &&",
    ),
    edit(
      "driver/chain/verify-message.ts",
      "if ((polc !== undefined) !== proposal.validRound >= 0)",
      "if (false)",
    ),
  ),
  bug(
    "the PoLC of another block will do",
    edit(
      "consensus/receive-proposal.ts",
      "polc.round < proposal.round &&\n  equalBytes(polc.blockHash, proposal.blockHash);",
      "polc.round < proposal.round;",
    ),
    edit(
      "driver/chain/verify-message.ts",
      "proposal.validRound < proposal.round &&\n    equalBytes(polc.blockHash, proposal.blockHash);",
      "proposal.validRound < proposal.round;",
    ),
  ),
  bug(
    "T_propose runs in round 0 only",
    edit(
      "consensus/rounds.ts",
      '  out.push({ type: "startTimeout", height, round, step: "propose", delayMs: proposeMs });',
      '  if (round === 0)\n    out.push({ type: "startTimeout", height, round, step: "propose", delayMs: proposeMs });',
    ),
  ),
  bug(
    "T_prevote never runs",
    edit("consensus/settle.ts", '  startVoteTimer(state, "prevote", out);', ""),
  ),
  bug(
    "T_precommit never runs",
    edit("consensus/settle.ts", '  startVoteTimer(state, "precommit", out);', ""),
  ),
  bug(
    "nil prevotes do not end a round",
    edit("consensus/settle.ts", "    leaveOnNilPolka(state, round, out) ||\n", ""),
    edit("consensus/settle.ts", "    awaitPrevotes(state, round, out) ||\n", ""),
  ),
  bug(
    "timeouts do not grow with the round",
    edit(
      "consensus/timeouts.ts",
      "  return grownMs(base, params.timeoutGrowth, round, params.maxTimeoutMs);",
      "  return base;",
    ),
  ),
];
