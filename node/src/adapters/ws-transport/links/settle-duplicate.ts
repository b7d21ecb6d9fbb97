// Two links to one peer: which stands? Both sides apply this rule to the same facts and so agree.
//
// - The peer's session is another: it was restarted, whatever is left of the old link is dead.
// - Both links were dialled by the same side: that side lost the old one, or it would not have dialled.
// - Both sides dialled at once: the link dialled by the lower node id stands, and the peer stays
//   connected all along (the links are swapped, not ended).

export interface LinkFacts {
  /** This node dialled. */
  readonly outbound: boolean;
  readonly sameSession: boolean;
}

/** replace: a new connection of the peer; swap: the same connection on another link; refuse: keep. */
export type Settlement = "replace" | "swap" | "refuse";

export function settleDuplicate(
  current: Pick<LinkFacts, "outbound">,
  incoming: LinkFacts,
  selfIsLower: boolean,
): Settlement {
  if (!incoming.sameSession || incoming.outbound === current.outbound) return "replace";
  return incoming.outbound === selfIsLower ? "swap" : "refuse";
}
