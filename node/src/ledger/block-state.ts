// The state while a block's transactions are applied in order: the committed view, and over it what the
// block has made and spent so far. A later transaction may spend what an earlier one of the same block made.
// The view is never changed; the net change comes out at the end. applyBlock and buildBlock both use it, so
// that what one builds the other accepts.

import { LtHash } from "../crypto/lthash.ts";
import type { Height, OutPoint, Satoshi } from "../types/chain.ts";
import { invariant } from "../types/errors.ts";
import type { ChainHead, Utxo } from "../types/ledger.ts";
import type { ValidatorState } from "../types/validator-state.ts";
import { stateRootOf, utxoElement } from "./state-root.ts";
import { outPointKey, outputsOf, type UtxoView } from "./utxo-view.ts";
import type { PricedTx } from "./validate-transaction.ts";

/** What the block leaves behind, all of ChainHead but what the header names. */
export interface BlockEffects {
  /** Outputs of this block that are unspent after it, in block order. */
  readonly created: readonly Utxo[];
  /** Outputs of earlier blocks that it spends, in block order. */
  readonly spent: readonly Utxo[];
  readonly fees: Satoshi;
  readonly stateRoot: Uint8Array;
  readonly utxoAccumulator: Uint8Array;
  readonly feePot: Satoshi;
  readonly supply: Satoshi;
  readonly validatorState: ValidatorState;
}

export class BlockState implements UtxoView {
  readonly #view: UtxoView;
  readonly #height: Height;
  readonly #created = new Map<string, Utxo>();
  readonly #spent = new Map<string, Utxo>();
  #fees: Satoshi = 0n;

  constructor(view: UtxoView, height: Height) {
    this.#view = view;
    this.#height = height;
  }

  utxo(outPoint: OutPoint): Utxo | undefined {
    const key = outPointKey(outPoint);
    const own = this.#created.get(key);
    if (own !== undefined) return own;
    return this.#spent.has(key) ? undefined : this.#view.utxo(outPoint);
  }

  /** Applies a transaction whose `spent` was found in this very state. */
  apply({ tx, txid, fee, spent }: Pick<PricedTx, "tx" | "txid" | "fee" | "spent">): void {
    for (const utxo of spent) {
      const key = outPointKey(utxo.outPoint);
      if (this.#created.delete(key)) continue;
      invariant(!this.#spent.has(key), "a checked transaction spends unspent outputs");
      this.#spent.set(key, utxo);
    }
    for (const utxo of outputsOf(tx, txid, this.#height)) {
      this.#created.set(outPointKey(utxo.outPoint), utxo);
    }
    this.#fees += fee;
  }

  /** The net change on top of `parent`, with the validators as the block leaves them. Coins are conserved: supply and fee pot keep their sum. */
  effects(parent: ChainHead, validatorState: ValidatorState): BlockEffects {
    const created = [...this.#created.values()];
    const spent = [...this.#spent.values()];
    const accumulator = LtHash.fromBytes(parent.utxoAccumulator);
    for (const utxo of spent) accumulator.remove(utxoElement(utxo));
    for (const utxo of created) accumulator.add(utxoElement(utxo));
    const feePot = parent.feePot + this.#fees;
    const supply = parent.supply + sumOf(created) - sumOf(spent);
    invariant(feePot + supply === parent.feePot + parent.supply, "a block conserves coins");
    invariant(supply >= 0n, "a supply is not negative");
    return {
      created,
      spent,
      fees: this.#fees,
      stateRoot: stateRootOf(accumulator, { feePot, supply }, validatorState),
      utxoAccumulator: accumulator.toBytes(),
      feePot,
      supply,
      validatorState,
    };
  }
}

const sumOf = (utxos: readonly Utxo[]): Satoshi =>
  utxos.reduce((sum, { value }) => sum + value, 0n);
