// Planted bugs of the ledger: blocks, coins, evidence, who votes and who leads.

import { bug, edit, type PlantedBug } from "../planted-bug.ts";

export const LEDGER_BUGS: readonly PlantedBug[] = [
  bug(
    "the state root of a block is not compared",
    edit(
      "ledger/apply-block.ts",
      "  return equalBytes(header.stateRoot, effects.stateRoot)\n",
      "  return effects !== undefined\n",
    ),
  ),
  bug(
    "the parent of a block is not compared",
    edit(
      "ledger/check-header.ts",
      "if (!equalBytes(header.parentHash, head.blockHash)) {",
      "if (header.parentHash.length === 0) {",
    ),
  ),
  bug(
    "a transaction that spends nothing is passed over in a block",
    edit(
      "ledger/apply-block.ts",
      "    if (!checked.ok) return transactionFault(i, checked);\n    state.apply(checked.value);",
      "    if (!checked.ok) continue;\n    state.apply(checked.value);",
    ),
  ),
  bug(
    "a coin is spent twice in one block",
    edit(
      "mempool/mempool.ts",
      "      if (rival !== undefined) {\n        return fail(",
      "      if (rival === this) {\n        return fail(",
    ),
    edit(
      "ledger/block-state.ts",
      "return this.#spent.has(key) ? undefined : this.#view.utxo(outPoint);",
      "return this.#view.utxo(outPoint);",
    ),
    edit(
      "ledger/block-state.ts",
      '      invariant(!this.#spent.has(key), "a checked transaction spends unspent outputs");\n',
      "",
    ),
    edit(
      "ledger/block-state.ts",
      '    invariant(feePot + supply === parent.feePot + parent.supply, "a block conserves coins");\n',
      "",
    ),
  ),
  bug(
    "a spent coin stays in the store",
    edit(
      "ledger/apply-block.ts",
      "    created,\n    spent,\n    fees,",
      "    created,\n    spent: [],\n    fees,",
    ),
  ),
  bug(
    "fees are paid to nobody",
    edit(
      "ledger/block-state.ts",
      "const feePot = parent.feePot + this.#fees;",
      "const feePot = parent.feePot;",
    ),
    edit(
      "ledger/block-state.ts",
      '    invariant(feePot + supply === parent.feePot + parent.supply, "a block conserves coins");\n',
      "",
    ),
  ),
  bug(
    "the fee pot is not under the state root",
    edit(
      "ledger/state-root.ts",
      "    feePot,\n    supply,\n    validatorState,\n  });",
      "    feePot: 0n,\n    supply,\n    validatorState,\n  });",
    ),
  ),
  bug(
    "no fee is due",
    edit(
      "ledger/validate-transaction.ts",
      "  if (fee < leastFee)\n",
      "  if (fee < 0n * leastFee)\n",
    ),
  ),
  bug(
    "a transaction's signatures are not checked",
    edit(
      "ledger/validate-transaction.ts",
      "    if (!verify(signature, signBytes, publicKey)) {",
      "    if (signBytes.length === 0) {",
    ),
  ),
  bug(
    "a transaction is spent from by any key",
    edit(
      "ledger/validate-transaction.ts",
      "if (owner === undefined || !equalBytes(keyHash, owner)) {",
      "if (owner === undefined) {",
    ),
  ),
  bug(
    "evidence convicts the innocent",
    edit(
      "ledger/evidence.ts",
      "    if (!verify(statement.signature, signBytes, evidence.publicKey)) {",
      "    if (signBytes.length === 0) {",
    ),
  ),
  bug(
    "evidence convicts at any age",
    edit(
      "ledger/evidence.ts",
      "if (height - evidence.height > params.maxEvidenceAgeBlocks) {",
      "if (height < 0) {",
    ),
    edit("mempool/evidence-pool.ts", " || evidence.height < oldest", ""),
  ),
  bug(
    "the convicted leave the set a height early",
    edit(
      "ledger/validator-state.ts",
      "    validators: state.nextValidators,\n    nextValidators,",
      "    validators: nextValidators,\n    nextValidators,",
    ),
  ),
  bug(
    "the convicted lead on",
    edit(
      "ledger/validator-state.ts",
      "  for (const { validator } of tombstones) out.add(toHex(validator.publicKey));\n",
      "",
    ),
  ),
  bug(
    "the convicted are not remembered",
    edit(
      "ledger/validator-state.ts",
      "    tombstones: withTombstones(state, culprits, height),",
      "    tombstones: state.tombstones,",
    ),
  ),
  bug(
    "a parent's certificate is judged by the next set",
    edit(
      "driver/chain/chain-state.ts",
      "refuseParents(block.lastCommit, this.contextAt(this.#head.height))",
      "refuseParents(block.lastCommit, this.verifyContext)",
    ),
  ),
  bug(
    "an earlier set is taken for the present one",
    edit(
      "ledger/validator-state.ts",
      "ejectedFrom(tombstone) > height",
      "ejectedFrom(tombstone) > height + 1",
    ),
  ),
  bug(
    "the parent's certificate in a block is not judged",
    edit(
      "driver/chain/block-run.ts",
      "lastCommit === undefined ? undefined : refuseCertificate(set, lastCommit);",
      "undefined;",
    ),
  ),
  bug(
    "the epoch's seed is of the first block",
    edit(
      "ledger/validator-state.ts",
      "nextEpochSeed: parentHash }",
      "nextEpochSeed: state.epochSeed }",
    ),
  ),
  bug(
    "an epoch begins a height late",
    edit(
      "ledger/validator-state.ts",
      "height % EPOCH_BLOCKS === 1;",
      "height % EPOCH_BLOCKS === 2;",
    ),
  ),
  bug(
    "more than f leaders are passed over",
    edit(
      "ledger/failed-slots.ts",
      "if (power === undefined || power > room) continue;",
      "if (power === undefined) continue;",
    ),
  ),
  bug(
    "a leader that led well stays passed over",
    edit(
      "ledger/failed-slots.ts",
      "  if (leader !== undefined) slots.delete(toHex(leader));\n",
      "",
    ),
  ),
  bug(
    "the last leader that failed does not count",
    edit(
      "ledger/failed-slots.ts",
      "for (let at = first; at < round; at++) {",
      "for (let at = first; at < round - 1; at++) {",
    ),
  ),
  bug(
    "slots fail for the leaders of another height",
    edit(
      "ledger/failed-slots.ts",
      "leaderOf({ height, leaderOrder: lastLeaders }, at)",
      "leaderOf({ height: height + 1, leaderOrder: lastLeaders }, at)",
    ),
  ),
  bug(
    "the leader order does not turn with the height",
    edit(
      "consensus/proposer.ts",
      "order[(context.height + round) % order.length]",
      "order[round % order.length]",
    ),
  ),
];
