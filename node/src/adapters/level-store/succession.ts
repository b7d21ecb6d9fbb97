// What every store demands of a commit before it writes: it is the next block on its own head, and
// the parts of the commit speak of one and the same block. A broken demand is a fault of the program.

import { equalBytes } from "../../codec/bytes.ts";
import { invariant } from "../../types/errors.ts";
import type { BlockCommit, ChainHead } from "../../types/ledger.ts";

/** @throws InvariantError unless `commit` follows `head`. */
export function checkSuccession(
  head: ChainHead | undefined,
  { certified, blockHash, txids, head: next }: BlockCommit,
): asserts head is ChainHead {
  const { header, transactions } = certified.block;
  invariant(head !== undefined, "a store is initialised before its first block");
  invariant(next.height === head.height + 1, "a commit is the next height");
  invariant(header.height === next.height, "a commit's block has its head's height");
  invariant(equalBytes(header.parentHash, head.blockHash), "a commit's parent is the head");
  invariant(equalBytes(next.blockHash, blockHash), "a commit's head names its block");
  invariant(
    equalBytes(certified.certificate.blockHash, blockHash),
    "a commit's certificate is its own",
  );
  invariant(txids.length === transactions.length, "a commit has a txid for each transaction");
}
