// Builds the round certificates that this node shows when it enters a round for a reason that is not a
// quorum for one value. Bound: one vote a validator. What they prove: crypto/round-certificate.ts.

import { equalBytes } from "../codec/bytes.ts";
import { compareGroups } from "../codec/round-certificate.ts";
import type { Height } from "../types/chain.ts";
import type { RoundReason, Vote, VoteGroup } from "../types/consensus.ts";
import type { ConsensusState, RoundEntry } from "./state.ts";
import { signersPower } from "./tally.ts";

/**
 * The reason to enter `round`, from this node's own sight.
 * @param votes one a validator at most, undefined where it has none.
 */
export function entryByVotes(
  state: ConsensusState,
  { kind, round }: { readonly kind: RoundReason; readonly round: number },
  votes: readonly (Vote | undefined)[],
): RoundEntry {
  const { height, validators } = state.context;
  const groups = groupVotes(votes, validators.length);
  return { type: "votes", certificate: { kind, height, round, groups }, isOwn: true };
}

interface OpenGroup extends VoteGroup {
  readonly signers: boolean[];
  readonly signatures: Uint8Array[];
}

/**
 * The votes by type, round and value, in canonical order.
 * @param votes those of one type, round and value in the order of validator index.
 */
export function groupVotes(
  votes: readonly (Vote | undefined)[],
  validatorCount: number,
): readonly VoteGroup[] {
  const groups: OpenGroup[] = [];
  for (const vote of votes) {
    if (vote === undefined) continue;
    const { type, round, blockHash } = vote;
    let group = groups.find((known) => isOf(known, vote));
    if (group === undefined) {
      const signers = Array<boolean>(validatorCount).fill(false);
      group = { type, round, blockHash, signers, signatures: [] };
      groups.push(group);
    }
    group.signers[vote.validatorIndex] = true;
    group.signatures.push(vote.signature);
  }
  return groups.sort(compareGroups);
}

const isOf = (group: VoteGroup, { type, round, blockHash }: Vote): boolean =>
  group.type === type && group.round === round && equalBytes(group.blockHash, blockHash);

/** A quorum for one value among the votes of a round certificate is a certificate of its own. */
export function isQuorum(state: ConsensusState, group: VoteGroup): boolean {
  return signersPower(group, state.context.validators) >= state.quorumPower;
}

/** The votes of one group of a certificate of `height`. */
export function votesOf(group: VoteGroup, height: Height): readonly Vote[] {
  const { type, round, blockHash, signers, signatures } = group;
  const votes: Vote[] = [];
  let next = 0;
  for (let validatorIndex = 0; validatorIndex < signers.length; validatorIndex++) {
    const signature = signers[validatorIndex] === true ? signatures[next++] : undefined;
    if (signature === undefined) continue;
    votes.push({ type, height, round, blockHash, validatorIndex, signature });
  }
  return votes;
}
