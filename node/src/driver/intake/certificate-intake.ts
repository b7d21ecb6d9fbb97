// Certificates from peers: of a quorum for one value, or of why a round may be entered. One that proves what
// is known already is dropped before its signatures are verified.

import type { Input } from "../../consensus/api.ts";
import type { Metrics, Peer } from "../../ports.ts";
import type { Certificate } from "../../types/chain.ts";
import type { RoundCertificate } from "../../types/consensus.ts";
import type { ChainState } from "../chain/chain-state.ts";
import { refuseCertificate, refuseRoundCertificate } from "../chain/verify-message.ts";
import type { VoteRelay } from "../effects/vote-relay.ts";
import { isRefused, type Punish } from "../peers/penalties.ts";
import type { ForkWatch } from "../watches/fork-watch.ts";
import type { KnownMessages } from "./known-messages.ts";

export interface CertificateIntakeParts {
  readonly chain: ChainState;
  readonly known: KnownMessages;
  readonly forks: Pick<ForkWatch, "past" | "current">;
  readonly votes: Pick<VoteRelay, "learned">;
  readonly metrics: Metrics;
  readonly punish: Punish;
  readonly feed: (input: Input) => void;
}

export class CertificateIntake {
  readonly #parts: CertificateIntakeParts;

  constructor(parts: CertificateIntakeParts) {
    this.#parts = parts;
  }

  /** One of a height that is decided, or of a later one: only another block than ours matters. */
  past(peer: Peer, certificate: Certificate): void {
    this.#parts.forks.past(peer, certificate);
  }

  /** One of the height in progress. */
  current(peer: Peer, certificate: Certificate): void {
    const { chain, known, forks, votes, punish, feed } = this.#parts;
    const isKnown = known.hasCertificate(certificate);
    if (isKnown) this.#countKnown();
    else if (isRefused(punish, peer, refuseCertificate(chain.verifyContext, certificate))) return;
    // Who shows a certificate has it, also where it is known here.
    votes.learned(peer.id, certificate);
    if (isKnown) return;
    forks.current(certificate);
    feed({ type: "certificate", certificate });
    known.proved(certificate);
  }

  /** A round certificate of the height in progress. */
  round(peer: Peer, certificate: RoundCertificate): void {
    const { chain, known, punish, feed } = this.#parts;
    if (known.hasRoundCertificate(certificate)) {
      this.#countKnown();
      return;
    }
    if (isRefused(punish, peer, refuseRoundCertificate(chain.verifyContext, certificate))) return;
    // One that moves the round may bring votes of rounds that are kept only from then on.
    const isWhole = !known.isAhead(certificate);
    feed({ type: "roundCertificate", certificate });
    if (isWhole) known.proved(certificate);
  }

  #countKnown(): void {
    this.#parts.metrics.count("p2p_dropped_total", { reason: "known" });
  }
}
