// A second opinion of the chain that the honest decide: each block goes once through the naive ledger, which
// shares only types with the product's, and its leader is judged beside it. So
// a rule that all nodes break alike is seen, too. It costs as much as the nodes' own work on a block, or more:
// not every run has one.

import { ledgerParamsOf } from "../../src/genesis/ledger-start.ts";
import type { Block } from "../../src/types/chain.ts";
import { invariant } from "../../src/types/errors.ts";
import type { BlockCommit } from "../../src/types/ledger.ts";
import { NaiveLedger } from "../../test/naive-ledger.ts";
import { hexOf } from "../../test/naive-validators.ts";
import type { Chain } from "../world/chain.ts";
import { fakeVerify } from "../world/keyring.ts";

/** Ledgers after blocks that stand when a run begins: those blocks are the same in many runs, and judged once. */
const beginnings = new WeakMap<readonly BlockCommit[], NaiveLedger>();

export class SecondLedger {
  readonly #ledger: NaiveLedger;

  /** @param history the blocks that stand when the run begins. */
  constructor(chain: Chain, history: readonly BlockCommit[]) {
    const beginning = beginnings.get(history) ?? newBeginning(chain, history);
    beginnings.set(history, beginning);
    this.#ledger = beginning.copy();
  }

  /** What is wrong with the block that the honest decided next; undefined where it is right. */
  fault(block: Block): string | undefined {
    const { header } = block;
    const leaders = this.#ledger.validators.leaders();
    const leader = leaders[(header.height + header.round) % leaders.length];
    if (hexOf(header.proposer) !== leader) return "proposer does not lead its round";
    return this.#ledger.apply(block);
  }
}

function newBeginning(
  { genesis, genesisHash, set, state }: Chain,
  history: readonly BlockCommit[],
): NaiveLedger {
  const ledger = new NaiveLedger(ledgerParamsOf(genesis, genesisHash), set, {
    timestampMs: state.head.timestampMs,
    coins: state.utxos.map(({ address, value }) => [address, value] as const),
    verify: fakeVerify,
  });
  for (const { certified } of history) {
    const fault = ledger.apply(certified.block);
    invariant(fault === undefined, `the second ledger takes the blocks that stand: ${fault}`);
  }
  return ledger;
}
