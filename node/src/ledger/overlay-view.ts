// The unspent outputs after blocks that are not written yet: the committed view, and over it what those blocks
// have made and spent. For executing certified blocks one after the other before one write takes them all.

import type { OutPoint } from "../types/chain.ts";
import type { BlockCommit, Utxo } from "../types/ledger.ts";
import { outPointKey, type UtxoView } from "./utxo-view.ts";

export class OverlayView implements UtxoView {
  readonly #view: UtxoView;
  readonly #created = new Map<string, Utxo>();
  readonly #spent = new Set<string>();

  constructor(view: UtxoView) {
    this.#view = view;
  }

  utxo(outPoint: OutPoint): Utxo | undefined {
    const key = outPointKey(outPoint);
    return this.#created.get(key) ?? (this.#spent.has(key) ? undefined : this.#view.utxo(outPoint));
  }

  /** The next block's net change. */
  apply({ created, spent }: Pick<BlockCommit, "created" | "spent">): void {
    for (const { outPoint } of spent) {
      const key = outPointKey(outPoint);
      if (!this.#created.delete(key)) this.#spent.add(key);
    }
    for (const utxo of created) this.#created.set(outPointKey(utxo.outPoint), utxo);
  }
}
