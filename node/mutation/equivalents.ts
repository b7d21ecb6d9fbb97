// Mutants that no test can kill, because the program does the same for every caller, each with the
// reason. An entry that names no mutant any more fails targets.test.ts.

export interface Equivalent {
  readonly id: string;
  readonly reason: string;
}

const TALLY = "node/src/consensus/tally.ts";
const RULES = "node/src/consensus/rules.ts";
const LOCK = "node/src/consensus/lock.ts";
const EVIDENCE = "node/src/consensus/evidence.ts";

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    id: `${TALLY} addVote: value.power > tally.best -> value.power >= tally.best`,
    reason: "where both are equal, the same number is written again",
  },
  {
    id: `${RULES} renewsValid: round > known -> round >= known`,
    reason:
      "a round has one polka, its first: adopting that of the valid round again changes nothing",
  },
  {
    id: `${TALLY} signersPower: i < validators.length -> i <= validators.length`,
    reason: "beyond the last validator there is no power: undefined counts as 0",
  },
  {
    id: `${LOCK} adoptWaitingPolka: round.prevotes.quorum !== undefined -> true`,
    reason: "adoptPolka asks for the quorum itself; asking here spares the search for the block",
  },
  {
    id: `${EVIDENCE} accuseLeader: round.equivocated -> false`,
    reason:
      "its one caller, receiveSecond, has returned where the round is known to be equivocated",
  },
  {
    id: `${EVIDENCE} accuseLeader: return; -> ;`,
    reason:
      "its one caller, receiveSecond, has returned where the round is known to be equivocated",
  },
];
