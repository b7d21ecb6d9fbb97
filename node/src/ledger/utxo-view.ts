// What the ledger asks of the world: the unspent output at an outpoint. The store answers it for the
// last committed block; a block in the making and the mempool lay their own changes over it.

import { toHex } from "../codec/hex.ts";
import type { Height, OutPoint, Transaction } from "../types/chain.ts";
import type { Utxo } from "../types/ledger.ts";

export interface UtxoView {
  /** Undefined where the output does not exist or is spent. */
  utxo(outPoint: OutPoint): Utxo | undefined;
}

/** An outpoint as a map key. */
export const outPointKey = ({ txid, index }: OutPoint): string => `${toHex(txid)}:${index}`;

/** The outputs of a transaction as the ledger keeps them once it stands in block `height`. */
export function outputsOf(tx: Transaction, txid: Uint8Array, height: Height): Utxo[] {
  return tx.body.outputs.map(({ value, address }, index) => ({
    outPoint: { txid, index },
    value,
    address,
    height,
  }));
}
