// How an own proposal travels: whole where its transactions are few bytes, otherwise compact, by their
// witness ids (docs/protocol.md#compact-proposals): peers have most of them from gossip. Called by the effects,
// for the first time a proposal is sent and for each time it is said again.

import { transactionSizeBytes } from "../../codec/chain.ts";
import type { Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import type { ProposalMessage } from "../../types/consensus.ts";
import type { ChainState } from "../chain/chain-state.ts";

/**
 * The message to send. Below `compactFromBytes` of transactions (16 KiB by default, about what a link
 * carries before it must wait for an acknowledgement) a whole proposal is as quick, and never needs
 * the further round trip of a peer that lacks some of it.
 */
export function proposalFrame(
  message: ProposalMessage,
  chain: Pick<ChainState, "witnessIdsOf">,
  compactFromBytes: number,
): Message {
  const { block, proposal } = message;
  const { transactions } = block;
  const sizeBytes = transactions.reduce((sum, tx) => sum + transactionSizeBytes(tx), 0);
  if (transactions.length === 0 || sizeBytes < compactFromBytes) {
    return { type: "proposal", proposal: message };
  }
  const witnessIds = chain.witnessIdsOf(toHex(proposal.blockHash));
  // After a restart the block may not have been judged again: then it goes whole.
  if (witnessIds === undefined) return { type: "proposal", proposal: message };
  const bare = { ...message, block: { ...block, transactions: [] } };
  return { type: "compactProposal", proposal: bare, witnessIds };
}
