// What breaking the protocol costs a peer: its link, for a minute. Only what the sender itself answers for is
// punished. A message may come by way of any validator, and every validator verifies a message before it
// passes it on: so a wrong signature is the sender's fault, and a bad block under a good one is not.
// A link is punished once: frames of it may be handled before its end is heard of, and each would make the ban longer.

import type { Metrics, Peer, Transport } from "../../ports.ts";
import type { Refusal } from "../chain/verify-message.ts";
import type { Warnings } from "./warnings.ts";

/** How long a peer stays away after it broke the protocol. */
const BAN_MS = 60_000;

export type Punish = (peer: Peer, reason: string) => void;

export interface PenaltiesParts {
  readonly transport: Pick<Transport, "disconnect">;
  readonly metrics: Metrics;
  readonly warnings: Warnings;
}

/** Closes the link of a peer that broke the protocol, and refuses it for a minute. */
export function penalties({ transport, metrics, warnings }: PenaltiesParts): Punish {
  const punished = new WeakSet<Peer>();
  return (peer, reason) => {
    if (punished.has(peer)) return;
    punished.add(peer);
    metrics.count("p2p_bans_total", { reason: "protocol" });
    warnings.warn(peer.id, { peer: peer.id, reason }, "peer broke the protocol: link closed");
    transport.disconnect(peer.id, reason, BAN_MS);
  };
}

/** Punishes the sender of what is refused; whether it is. */
export function isRefused(punish: Punish, peer: Peer, refusal: Refusal): boolean {
  if (refusal !== undefined) punish(peer, refusal);
  return refusal !== undefined;
}
