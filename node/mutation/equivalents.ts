// Mutants that no test can kill, because the program does the same for every caller, each with the
// reason. An entry that names no mutant any more fails targets.test.ts.

export interface Equivalent {
  readonly id: string;
  readonly reason: string;
}

const TALLY = "node/src/consensus/tally.ts";
const LOCK = "node/src/consensus/lock.ts";
const EVIDENCE = "node/src/consensus/evidence.ts";
const SETTLE = "node/src/consensus/settle.ts";
const APPLY = "node/src/consensus/apply-certificate.ts";
const GROUPS = "node/src/consensus/round-certificate.ts";
const TIMEOUTS = "node/src/consensus/timeouts.ts";
const RULE_FIRED =
  "every rule behind this one is still tried in the same pass, and none before it can have come due";
const HAS_CHANGED =
  "said twice: the vote, step or round that made the timer due has changed the state with the same input";
const COUNTED =
  "spares work only: a vote that is known is found by addVote, and its round has been noted with it";
const PROPOSAL = "node/src/consensus/receive-proposal.ts";
const VOTE = "node/src/consensus/vote.ts";
const ROUNDS = "node/src/consensus/rounds.ts";
const FETCH = "node/src/consensus/fetch-polka.ts";
const LEDGER_EVIDENCE = "node/src/ledger/evidence.ts";
const SLOTS = "node/src/ledger/failed-slots.ts";
const SIGN_HOLD = "node/src/driver/watches/sign-hold.ts";
const CERTIFICATE = "node/src/crypto/certificate.ts";
const ROUND_CERTIFICATE = "node/src/crypto/round-certificate.ts";
const AHEAD =
  "the jump rule looks once more than it need: it reads the highest rounds, which are what they were";
const NO_FAILURES =
  "spares work: no leader failed and nothing is on record, so the record stays empty";
const IS_MEMBER =
  "for the type only: leaders are indices into the set of their height, so each has a key";
const NO_SIGNER = "beyond the last signer there is none: undefined is not true";

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    id: `${TALLY} addVote: value.power > tally.best -> value.power >= tally.best`,
    reason: "where both are equal, the same number is written again",
  },
  {
    id: `${LOCK} adoptPolka: round.round <= state.validRound -> round.round < state.validRound`,
    reason:
      "a round has one polka, its first: adopting that of the valid round again changes nothing",
  },
  {
    id: `${VOTE} noteQuorum: round.round > state.polkaRound -> round.round >= state.polkaRound`,
    reason: "where both are equal, the same number is written again",
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
  { id: `${SETTLE} prevoteProposal: true -> false`, reason: RULE_FIRED },
  { id: `${SETTLE} showPolc: true -> false`, reason: RULE_FIRED },
  {
    id: `${APPLY} countSigners: i < certificate.signers.length -> i <= certificate.signers.length`,
    reason: NO_SIGNER,
  },
  {
    id: `${APPLY} countSigners: known !== undefined && equalBytes(known.blockHash, certificate.blockHash) -> false`,
    reason: COUNTED,
  },
  { id: `${APPLY} countSigners: continue; -> ;`, reason: COUNTED },
  {
    id: `${GROUPS} votesOf: validatorIndex < signers.length -> validatorIndex <= signers.length`,
    reason: NO_SIGNER,
  },
  {
    id: `${TIMEOUTS} grownMs: grown < capMs -> grown <= capMs`,
    reason: "at the cap one factor more changes nothing: the result is capped",
  },
  {
    id: `${PROPOSAL} holdBlock: proposal.round > known.round -> proposal.round >= known.round`,
    reason: "where both are equal, the same number is written again",
  },
  {
    id: `${VOTE} receiveVote: vote.round > state.round -> vote.round >= state.round`,
    reason: "asked only of rounds that are not kept, and the current one is kept",
  },
  {
    id: `${VOTE} noteAhead: round <= (state.highestRound[index] ?? -1) -> round < (state.highestRound[index] ?? -1)`,
    reason: AHEAD,
  },
  { id: `${VOTE} noteAhead: round > state.round -> true`, reason: AHEAD },
  { id: `${VOTE} noteAhead: round > state.round -> round >= state.round`, reason: AHEAD },
  {
    id: `${ROUNDS} countHeldVotes: i < state.beyond.length -> i <= state.beyond.length`,
    reason: "beyond the last validator no vote is held: undefined is passed over",
  },
  { id: `${FETCH} fetchPolka: true -> false`, reason: RULE_FIRED },
  { id: `${ROUNDS} jumpAhead: !state.aheadSeen -> false`, reason: AHEAD },
  { id: `${ROUNDS} jumpAhead: state.aheadSeen = false; -> ;`, reason: AHEAD },
  {
    id: `${ROUNDS} jumpAhead: false -> true #2`,
    reason: "settle begins again, finds aheadSeen false, and goes on to the other rules",
  },
  {
    id: `${LEDGER_EVIDENCE} evidenceRootOf: evidence.length === 0 -> false`,
    reason: "spares a hash: EMPTY_ROOT is the root of no leaves, made by the same function",
  },
  {
    id: `${SLOTS} failedSlotsAfter: round === 0 && failedSlots.length === 0 -> false`,
    reason: NO_FAILURES,
  },
  { id: `${SLOTS} failedSlotsAfter: return failedSlots; -> ;`, reason: NO_FAILURES },
  {
    id: `${CERTIFICATE} verifyCertificate: i < signers.length -> i <= signers.length`,
    reason: NO_SIGNER,
  },
  { id: `${CERTIFICATE} badSigner: i < signers.length -> i <= signers.length`, reason: NO_SIGNER },
  {
    id: `${CERTIFICATE} badSigner: signature === undefined || key === undefined -> signature === undefined && key === undefined`,
    reason:
      "both callers have counted one bit a validator and one signature a bit: neither is ever undefined",
  },
  {
    id: `${ROUND_CERTIFICATE} count: i < signers.length -> i <= signers.length`,
    reason: NO_SIGNER,
  },
  { id: `${SETTLE} awaitPrevotes: state.changed = true; -> ;`, reason: HAS_CHANGED },
  { id: `${SETTLE} awaitPrecommits: state.changed = true; -> ;`, reason: HAS_CHANGED },
  { id: `${SETTLE} awaitPrevotes: true -> false`, reason: RULE_FIRED },
  { id: `${SETTLE} awaitPrecommits: true -> false`, reason: RULE_FIRED },
  {
    id: `${SLOTS} failedSlotsAfter: at < round -> at <= round`,
    reason: "the leader of the deciding round is struck from the record right after",
  },
  { id: `${SLOTS} failedSlotsAfter: publicKey === undefined -> false`, reason: IS_MEMBER },
  { id: `${SLOTS} failedSlotsAfter: continue; -> ;`, reason: IS_MEMBER },
  { id: `${SLOTS} failedSlotsAfter: leader !== undefined -> true`, reason: IS_MEMBER },
  {
    id: `${SIGN_HOLD} module: height <= this.#elsewhereHeight -> height < this.#elsewhereHeight`,
    reason: "the same height again writes the same, and by then the memory counts as lost: no news",
  },
];
