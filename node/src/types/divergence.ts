// A block that validators of quorum power certified, and that this node's ledger refuses on the very parent
// that it names: this node's state is another than theirs (a damaged store, another version of the rules), or
// more than f validators broke the protocol. The driver finds it, and the halt marker writes it down.

import type { CertifiedBlock, ValidatorSet } from "./chain.ts";

export interface Divergence {
  readonly certified: CertifiedBlock;
  /** Why the ledger refuses it. */
  readonly reason: string;
  readonly validators: ValidatorSet;
}
