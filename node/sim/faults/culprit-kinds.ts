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

/** A plotter is an equivocator whose two blocks all plotters vote for, each for its side. */
export type CulpritKind = (typeof CULPRIT_KINDS)[number] | "plotter";
