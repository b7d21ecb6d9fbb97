// What every store demands of a commit before it writes: its blocks follow the head and each other, and the
// parts of each speak of one and the same block. A broken demand is a fault of the program.

import { equalBytes } from "../../codec/bytes.ts";
import { invariant } from "../../types/errors.ts";
import type { BlockCommit, ChainHead } from "../../types/ledger.ts";

/** The head after `blocks`. @throws InvariantError unless they follow `head`. */
export function checkSuccession(
  head: ChainHead | undefined,
  blocks: readonly BlockCommit[],
): ChainHead {
  invariant(head !== undefined, "a store is initialised before its first block");
  invariant(blocks.length > 0, "a commit has a block");
  let before = head;
  for (const block of blocks) {
    checkOne(before, block);
    before = block.head;
  }
  return before;
}

function checkOne(head: ChainHead, { certified, blockHash, txids, head: next }: BlockCommit): void {
  const { header, transactions } = certified.block;
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
