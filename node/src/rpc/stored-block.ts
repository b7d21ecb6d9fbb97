// A block of the chain for whoever asks by RPC. One that this node does not keep is not "unknown", and one that the
// disk has lost is not either: it says so. Peers give a lost one back (docs/adr/0020).

import type { CertifiedBlock, Height } from "../types/chain.ts";
import { notFound } from "./error-numbers.ts";
import type { NodeFacts } from "./node-facts.ts";

/** Undefined above the head. @throws CodedError RPC_NOT_FOUND where the block is lost, or not kept. */
export function storedBlock(facts: NodeFacts, height: Height): CertifiedBlock | undefined {
  const base = facts.store.base();
  if (height >= 1 && height < base) {
    throw notFound(
      `this node keeps blocks from height ${base} on; ask a node that keeps all for block ${height}`,
    );
  }
  const certified = facts.store.block(height);
  if (certified === undefined && height >= 1 && height <= facts.head().height) {
    throw notFound(
      `this node's disk has lost block ${height}, and it asks its peers for it; ask again later, or ask another node`,
    );
  }
  return certified;
}

/** What must be added to "not found" where not all blocks are kept. */
export function keptFrom({ store }: Pick<NodeFacts, "store">): string {
  const base = store.base();
  return base > 1 ? `; this node keeps blocks from height ${base} on` : "";
}
