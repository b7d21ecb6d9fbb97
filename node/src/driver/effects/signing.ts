// Turns the core's wish to vote or propose into a signed message, or into nothing where it must not be
// signed: no key, or the double-sign guard's refusal. What it returns has been checked by the same gate
// that receivers use, so that nobody sends what others would refuse. SignHold was asked before
// (sign-queue.ts).

import { ZERO_HASH } from "../../codec/bytes.ts";
import { fromHex } from "../../codec/hex.ts";
import { proposalSignBytes, voteSignBytes } from "../../codec/sign-bytes.ts";
import type { Log, Metrics, Signer, SignPlace } from "../../ports.ts";
import type { ProposalMessage, Vote } from "../../types/consensus.ts";
import { invariant } from "../../types/errors.ts";
import type { ChainState } from "../chain/chain-state.ts";
import { refuseProposal, refuseVote } from "../chain/verify-message.ts";
import { type SignProposal, type SignVote, signPlaceOf } from "../core/sign-place.ts";

export interface SigningParts {
  readonly chain: ChainState;
  readonly signer: Signer | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class Signing {
  readonly #parts: SigningParts;

  constructor(parts: SigningParts) {
    this.#parts = parts;
  }

  vote(effect: SignVote): Vote | undefined {
    const { chain } = this.#parts;
    const { height, round, voteType: type } = effect;
    const blockHash = effect.blockHash === undefined ? ZERO_HASH : fromHex(effect.blockHash, 32);
    const body = { type, height, round, blockHash };
    const signBytes = voteSignBytes(chain.verifyContext.genesisHash, body);
    const signature = this.#sign(signPlaceOf(effect), signBytes);
    if (signature === undefined) return undefined;
    const vote = { ...body, validatorIndex: this.#index(), signature };
    const refusal = refuseVote(chain.verifyContext, vote);
    invariant(refusal === undefined, `own vote would be refused: ${refusal}`);
    return vote;
  }

  proposal(effect: SignProposal): ProposalMessage | undefined {
    const { chain } = this.#parts;
    const { height, round, validRound, block, polc } = effect;
    const body = { height, round, validRound, blockHash: fromHex(effect.blockHash, 32) };
    const signBytes = proposalSignBytes(chain.verifyContext.genesisHash, body);
    const signature = this.#sign(signPlaceOf(effect), signBytes);
    if (signature === undefined) return undefined;
    const message = { proposal: { ...body, proposerIndex: this.#index(), signature }, block, polc };
    const refusal = refuseProposal(chain.verifyContext, message);
    invariant(refusal === undefined, `own proposal would be refused: ${refusal}`);
    return message;
  }

  #index(): number {
    const index = this.#parts.chain.selfIndex;
    invariant(index !== undefined, "only a validator signs");
    return index;
  }

  #sign(place: SignPlace, signBytes: Uint8Array): Uint8Array | undefined {
    const { signer, log, metrics } = this.#parts;
    if (signer === undefined) return undefined;
    const result = signer.sign({ ...place, signBytes });
    if (result.ok) return result.signature;
    metrics.count("double_sign_refused_total", { code: result.code });
    log.error({ ...place, code: result.code }, `signature refused: ${result.reason}`);
    return undefined;
  }
}
