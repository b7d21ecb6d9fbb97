// Signs a payment whose inputs all belong to one key. Pure: the signature is RFC 8032's, and the
// signed bytes bind the network's genesis hash, so that it is worth nothing on another chain.

import { txSignBytes } from "../codec/sign-bytes.ts";
import { txidOf } from "../crypto/ids.ts";
import { type KeyPair, signWithSeed } from "../crypto/pure-keys.ts";
import type { Transaction, TransactionBody } from "../types/chain.ts";

/** The transaction with one witness for each input. */
export function signTransfer(
  body: TransactionBody,
  { seed, publicKey }: KeyPair,
  genesisHash: Uint8Array,
): Transaction {
  const signature = signWithSeed(seed, txSignBytes(genesisHash, txidOf(body)));
  return { body, witnesses: body.inputs.map(() => ({ publicKey, signature })) };
}
