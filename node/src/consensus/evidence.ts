// Two different messages signed by one validator for one place are evidence against it: self-contained
// and without local times (docs/protocol.md#evidence). One report for each place: validator, round and vote type,
// or the round's leader. What to do with a report is the driver's business.

import { PREVOTE } from "../types/chain.ts";
import type { ProposalMessage, Vote } from "../types/consensus.ts";
import type { Effect } from "./api.ts";
import type { RoundState } from "./state.ts";
import type { Tally } from "./tally.ts";

/** Reports a double vote, once for each validator, round and type. */
export function accuseVoter(tally: Tally, first: Vote, second: Vote, out: Effect[]): void {
  tally.accused ??= new Set();
  if (tally.accused.has(second.validatorIndex)) return;
  tally.accused.add(second.validatorIndex);
  const kind = tally.type === PREVOTE ? "doublePrevote" : "doublePrecommit";
  out.push({ type: "evidence", validatorIndex: second.validatorIndex, kind, first, second });
}

/** Reports the leader's second, different proposal, once a round. */
export function accuseLeader(
  round: RoundState,
  first: ProposalMessage,
  second: ProposalMessage,
  out: Effect[],
): void {
  if (round.equivocated) return;
  round.equivocated = true;
  const validatorIndex = second.proposal.proposerIndex;
  out.push({ type: "evidence", validatorIndex, kind: "doubleProposal", first, second });
}
