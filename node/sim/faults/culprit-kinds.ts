// The names of what Byzantine validators do; behaviours.ts says how, README.md what. Twins and amnesia
// need no change of what is sent: two processes with one key, and a machine that forgets what it signed.

export const CULPRIT_KINDS = [
  "silent",
  "quitter",
  "withholder",
  "hider",
  "nilVoter",
  "doubleVoter",
  "lateVoter",
  "equivocator",
  "staleProposer",
  "reviver",
  "badProposer",
  "unjustified",
  "usurper",
  "delayer",
  "fuzzer",
  "forger",
  "certifier",
  "runaway",
  "liar",
  "impostor",
  "swapper",
  "accuser",
  "confessor",
  "twins",
  "amnesia",
] as const;

/** What a culprit of any kind may do besides: seldom, so that most of what it says stays that of its kind. */
export const SIDELINES = [
  "forger",
  "certifier",
  "impostor",
  "swapper",
  "accuser",
  "confessor",
  "runaway",
  "badProposer",
  "reviver",
  "unjustified",
  "liar",
] as const satisfies readonly (typeof CULPRIT_KINDS)[number][];

/** A plotter is an equivocator whose two blocks all plotters vote for, each for its side. */
export type CulpritKind = (typeof CULPRIT_KINDS)[number] | "plotter";
