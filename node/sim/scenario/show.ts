// How scenarios and traces show what the core does: one line an effect, values as the letters they
// stand for.

import { fromHex, toHex } from "../../src/codec/hex.ts";
import type { Effect, HeldMessages } from "../../src/consensus/api.ts";
import type { ConsensusState } from "../../src/consensus/state.ts";
import type { Certificate } from "../../src/types/chain.ts";
import type { RoundCertificate } from "../../src/types/consensus.ts";

/** Scenarios fill a hash with one letter; any other hash is known by its first bytes. */
export function nameOf(hash: Uint8Array): string {
  const [first = 0] = hash;
  if (hash.some((byte) => byte !== first)) return toHex(hash.subarray(0, 3));
  return first === 0 ? "nil" : String.fromCharCode(first);
}

/** Where the core stands. */
export function showState({ round, step, lock, valid, validRound }: ConsensusState): string {
  const locked = lock === undefined ? "none" : `${nameOf(lock.hash)}@${lock.round}`;
  const best = valid === undefined ? "none" : `${nameOf(valid.hash)}@${validRound}`;
  return `round ${round}, step ${step}, lock ${locked}, valid ${best}`;
}

export function showCertificate({ type, round, blockHash, signers }: Certificate): string {
  const indices = signers.flatMap((signed, index) => (signed ? [index] : []));
  const name = type === 1 ? "prevotes" : "precommits";
  return `${name} of round ${round} for ${nameOf(blockHash)} by ${indices.join(",")}`;
}

export function showRoundCertificate({ kind, round, groups }: RoundCertificate): string {
  const votes = groups.map((group) => {
    const indices = group.signers.flatMap((signed, index) => (signed ? [index] : []));
    const name = group.type === 1 ? "prevote" : "precommit";
    return `${name} ${group.round} ${nameOf(group.blockHash)} by ${indices.join(",")}`;
  });
  return `why round ${round}: ${kind} (${votes.join("; ")})`;
}

/** One line for one effect. */
export function showEffect(effect: Effect): string {
  switch (effect.type) {
    case "buildBlock":
      return `build block for round ${effect.round}`;
    case "signProposal": {
      const polc = effect.polc === undefined ? "" : ` with ${showCertificate(effect.polc)}`;
      return `sign proposal of round ${effect.round}: ${nameOf(fromHex(effect.blockHash))}${polc}`;
    }
    case "signVote": {
      const name = effect.blockHash === undefined ? "nil" : nameOf(fromHex(effect.blockHash));
      return `sign ${effect.voteType === 1 ? "prevote" : "precommit"} of round ${effect.round}: ${name}`;
    }
    case "startTimeout":
      return `timer ${effect.step} of round ${effect.round}: ${effect.delayMs} ms`;
    case "broadcastCertificate":
      return `broadcast ${showCertificate(effect.certificate)}`;
    case "broadcastRoundCertificate":
      return `broadcast ${showRoundCertificate(effect.certificate)}`;
    case "standsStill":
      return `stands still: round ${effect.round}`;
    case "rebroadcast":
      return showRebroadcast(effect);
    case "fetchBlock":
      return `fetch block ${nameOf(fromHex(effect.blockHash))}`;
    case "fetchProposal":
      return `fetch proposal of ${nameOf(fromHex(effect.blockHash))}, prevoted in round ${effect.round}`;
    case "decide":
      return `DECIDE ${nameOf(fromHex(effect.blockHash))}: ${showCertificate(effect.certified.certificate)}`;
    case "evidence":
      return `evidence: ${effect.kind} of validator ${effect.validatorIndex}`;
    case "note": {
      const isHash = effect.name === "lock";
      const reason = isHash ? nameOf(fromHex(effect.reason)) : effect.reason;
      return `note ${effect.name} in round ${effect.round}: ${reason}`;
    }
    default:
      throw new Error(`unknown effect ${JSON.stringify(effect satisfies never)}`);
  }
}

function showRebroadcast({
  proposal,
  votes,
  certificate,
  roundCertificate,
  held,
}: Extract<Effect, { type: "rebroadcast" }>): string {
  const parts = showMessages({ proposal, votes });
  if (certificate !== undefined) parts.push(showCertificate(certificate));
  if (roundCertificate !== undefined) parts.push(showRoundCertificate(roundCertificate));
  const ofOthers = showMessages(held).join("; ");
  const shown = ofOthers === "" ? "" : ` (held of others: ${ofOthers})`;
  return `say again: ${parts.join("; ") || "nothing"}${shown}`;
}

function showMessages({ proposal, votes }: HeldMessages): string[] {
  const shown = votes.map(
    ({ type, round, blockHash, validatorIndex }) =>
      `${type === 1 ? "prevote" : "precommit"} ${round} ${nameOf(blockHash)} by ${validatorIndex}`,
  );
  if (proposal !== undefined) shown.unshift(`proposal ${nameOf(proposal.proposal.blockHash)}`);
  return shown;
}
