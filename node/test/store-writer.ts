// The child of the store's crash test: `open` only opens the directory and says what happened;
// `write` commits blocks without end, each spending outputs of the last, and prints each height that
// the store reported as written, until it is killed.

import { openLevelStore } from "../src/adapters/level-store/open.ts";
import { CodedError } from "../src/types/errors.ts";
import type { Utxo } from "../src/types/ledger.ts";
import { ownerOf, transfer, walletOf } from "./ledger-fixtures.ts";
import { commit, initialise, nextCommit, utxosOf } from "./store-commits.ts";

const [task, directory = ""] = process.argv.slice(2);

/** Splits each of the ten wallets' first output in two, or joins all when there are many. */
function spread(utxos: readonly Utxo[], to: number) {
  const sum = utxos.reduce((total, { value }) => total + value, 0n) - 20_000n;
  const half = sum / 2n;
  return transfer(utxos, [
    { value: half, address: walletOf(to % 10).address },
    { value: sum - half, address: ownerOf(utxos[0]?.address ?? new Uint8Array()).address },
  ]);
}

async function write(): Promise<void> {
  const store = await openLevelStore({ directory });
  if (store.head() === undefined) await initialise(store);
  for (;;) {
    const height = (store.head()?.height ?? 0) + 1;
    const transactions = [];
    for (let i = 0; i < 8; i++) {
      const utxos = await utxosOf(store, walletOf(i).address, height % 3 === 0 ? 20 : 1);
      const sum = utxos.reduce((total, { value }) => total + value, 0n);
      if (sum > 100_000n) transactions.push(spread(utxos, i + height));
    }
    await commit(store, nextCommit(store, transactions));
    process.stdout.write(`${store.head()?.height}\n`);
  }
}

try {
  if (task === "write") await write();
  else await openLevelStore({ directory });
} catch (error) {
  console.error(error instanceof CodedError ? `${error.code}: ${error.message}` : error);
  process.exit(1);
}
