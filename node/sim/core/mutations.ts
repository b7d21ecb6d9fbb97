// Planted protocol bugs: the rules of the core, or of the driver around it, with one leaf replaced. The
// simulator must find each of them by random seeds, or it proves nothing when it finds none in the real
// rules. corpus.json holds a seed that finds each, and corpus.test.ts replays them.

import { toHex } from "../../src/codec/hex.ts";
import type { Input } from "../../src/consensus/api.ts";
import { RULES, type Rules } from "../../src/consensus/rules.ts";
import type { ConsensusState } from "../../src/consensus/state.ts";
import { isNil, voteIn } from "../../src/consensus/tally.ts";
import { type Certificate, PRECOMMIT, PREVOTE } from "../../src/types/chain.ts";
import type { Vote } from "../../src/types/consensus.ts";
import { fakeVerify, newValidators } from "../world/keyring.ts";
import { DRIVER_RULES, type DriverRules } from "./driver-rules.ts";

export interface Mutation {
  readonly name: string;
  readonly rules: Rules;
  readonly driver: DriverRules;
}

const inCore = (name: string, changed: Partial<Rules>): Mutation => ({
  name,
  rules: { ...RULES, ...changed },
  driver: DRIVER_RULES,
});

const inDriver = (name: string, changed: Partial<DriverRules>): Mutation => ({
  name,
  rules: RULES,
  driver: { ...DRIVER_RULES, ...changed },
});

type VoteMeaning = (vote: Vote, state: ConsensusState) => readonly Vote[];

/** Votes are given to the core as something else than they are. */
const votesAs = (name: string, means: VoteMeaning): Mutation =>
  inDriver(name, {
    feeds: (input, state) =>
      input.type === "vote"
        ? means(input.vote, state).map((vote) => ({ type: "vote", vote }))
        : [input],
  });

const tallyOf = (state: ConsensusState, { type, round }: Vote) => {
  const known = state.rounds.get(round);
  return type === PREVOTE ? known?.prevotes : known?.precommits;
};

/** A vote that is heard again counts for a validator that has not voted. */
const countedTwice: VoteMeaning = (vote, state) => {
  const votes = tallyOf(state, vote)?.votes;
  const free = votes?.[vote.validatorIndex] === undefined ? -1 : votes.indexOf(undefined);
  return free === -1 ? [vote] : [vote, { ...vote, validatorIndex: free }];
};

const nilAsValue: VoteMeaning = (vote, state) => {
  const proposed = state.rounds.get(vote.round)?.proposal?.proposal.blockHash;
  const counts = isNil(vote.blockHash) && proposed !== undefined;
  return [counts ? { ...vote, blockHash: proposed } : vote];
};

/** The hidden lock: a signer who voted otherwise here spoils the certificate, and the PoLC likewise. */
function oneByOne(input: Input): readonly Input[] {
  if (input.type === "certificate") return votesIn(input.certificate);
  if (input.type !== "proposal" || input.message.polc === undefined) return [input];
  const { polc, ...message } = input.message;
  return [...votesIn(polc), { ...input, message: { ...message, polc: undefined } }];
}

const votesIn = (certificate: Certificate): readonly Input[] =>
  certificate.signers.flatMap((_, index) => {
    const vote = voteIn(certificate, index);
    return vote === undefined ? [] : [{ type: "vote" as const, vote }];
  });

/** Every key that a simulated network may have. */
const ANY_KEY = newValidators(64).map(({ publicKey }) => publicKey);

export const MUTATIONS: readonly Mutation[] = [
  inCore("the lock is not looked at", { lockPermits: () => true }),
  inCore("a polka needs q - 1", { polkaPower: (total) => RULES.polkaPower(total) - 1 }),
  inCore("2f precommits commit", { commitPower: (total) => RULES.commitPower(total) - 1 }),
  inCore("the lock is lost with the round", { lockInNextRound: () => undefined }),
  inCore("a re-proposal needs no PoLC", { polcJustifies: () => true }),
  inCore("a second proposal is prevoted again", {
    mayPrevote: (step) => step === "propose" || step === "prevote",
    maySign: () => true,
  }),
  inCore("the first lock of a height is never moved", {
    lockAfterPolka: (lock, polka) => lock ?? polka,
  }),
  inCore("any PoLC unlocks, however old", {
    lockPermits: (lock, hash, validRound) =>
      validRound >= 0 || RULES.lockPermits(lock, hash, validRound),
  }),
  inCore("f votes of higher rounds pull ahead", {
    jumpPower: (total) => RULES.jumpPower(total) - 1,
  }),
  inCore("the valid value is never renewed", { renewsValid: (known) => known === -1 }),
  votesAs("a vote counts twice", countedTwice),
  votesAs("votes of an earlier round count", (vote, { round }) => [
    vote.round < round ? { ...vote, round } : vote,
  ]),
  votesAs("prevotes commit", (vote) => [vote, { ...vote, type: PRECOMMIT }]),
  votesAs("precommits make a polka", (vote) => [vote, { ...vote, type: PREVOTE }]),
  votesAs("nil counts as a vote for the proposal", nilAsValue),
  inDriver("a certificate's votes count one by one", { feeds: oneByOne }),
  inDriver("a signature need not be its signer's", {
    verify: (signature, message) => ANY_KEY.some((key) => fakeVerify(signature, message, key)),
  }),
  inDriver("signatures are not checked", { verify: () => true }),
  inDriver("blocks are not judged", { isValid: () => true }),
  inDriver("a polka is precommitted without its block", {
    performs: (effect, state) => {
      if (effect.type !== "signVote" || effect.voteType !== PRECOMMIT) return effect;
      const polka = state.rounds.get(effect.round)?.prevotes.quorum;
      if (effect.blockHash !== undefined || polka === undefined || polka.nil) return effect;
      return { ...effect, blockHash: toHex(polka.hash) };
    },
  }),
  inDriver("an input is sent about before it is synced", { syncsInputs: false }),
  inDriver("the log is not replayed", { replaysLog: false }),
  inDriver("sign state and log are lost over a crash", {
    keepsSignState: false,
    replaysLog: false,
  }),
  inDriver("nothing is said again", {
    performs: (effect) => (effect.type === "rebroadcast" ? undefined : effect),
  }),
  inDriver("T_propose runs in round 0 only", {
    performs: (effect) =>
      effect.type === "startTimeout" && effect.step === "propose" && effect.round > 0
        ? undefined
        : effect,
  }),
  inDriver("certificates are not taken", {
    feeds: (input) => (input.type === "certificate" ? [] : [input]),
  }),
  inDriver("T_prevote never runs", {
    performs: (effect) =>
      effect.type === "startTimeout" && effect.step === "prevote" ? undefined : effect,
  }),
];
