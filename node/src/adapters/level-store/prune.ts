// Drops the oldest blocks, with what leads to them, some at a time. Called by level-store.ts.

import { blockHashOf, txidOf } from "../../crypto/ids.ts";
import type { Height } from "../../types/chain.ts";
import { type LevelDatabase, readBlock } from "./reads.ts";
import { KEYS } from "./records.ts";
import { blockDeletes, putBase, type Write } from "./writes.ts";

/** Of one batch: it must not hold up the next commit. */
const MAX_BLOCKS = 32;
const MAX_TXS = 500;

/** What drops blocks from `base` on, all of them below `height`, and the base after it: one batch. */
export function dropLowest(
  db: LevelDatabase,
  base: Height,
  height: Height,
): { readonly base: Height; readonly writes: Write[] } {
  const writes: Write[] = [];
  let txs = 0;
  let next = base;
  while (next < height && next - base < MAX_BLOCKS && txs < MAX_TXS) {
    const certified = readBlock(db, next);
    if (certified === undefined) {
      // A hole: what led to it stays, and leads below the base.
      writes.push({ type: "del", key: KEYS.block(next) });
    } else {
      const { header, transactions } = certified.block;
      const txids = transactions.map(({ body }) => txidOf(body));
      writes.push(...blockDeletes({ certified, blockHash: blockHashOf(header), txids }));
      txs += txids.length;
    }
    next++;
  }
  writes.push(putBase(next));
  return { base: next, writes };
}
