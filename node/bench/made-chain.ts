// Gives stopped nodes of a devnet a chain that nobody had to wait for, with the certificates of all its
// validators: `node node/bench/made-chain.ts DIRECTORY --blocks 1000 --payments 50 --nodes 3`. The first
// `nodes` nodes get it. Each payment spends one coin and makes two, as a wallet's does. With `--outputs N` instead
// the first blocks hold payments of 500 outputs each, until there are N, and the rest is empty. The ledger builds
// the blocks and the store takes them, so what comes out is a chain like any other. Called by e2e/bench.

import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openLevelStore } from "../src/adapters/level-store/open.ts";
import { readSeedFile } from "../src/adapters/seed-file.ts";
import { txSignBytes, voteSignBytes } from "../src/codec/sign-bytes.ts";
import { sha256 } from "../src/crypto/hash.ts";
import { txidOf } from "../src/crypto/ids.ts";
import { openSigningKey, type SigningKey } from "../src/crypto/keys.ts";
import { keyHashOf } from "../src/crypto/pure-keys.ts";
import { DevnetPlan, devnetPaths } from "../src/devnet/devnet-plan.ts";
import { genesisState, ledgerParamsOf } from "../src/genesis/ledger-start.ts";
import { genesisHashOf, parseGenesis } from "../src/genesis.ts";
import { buildBlock } from "../src/ledger/build-block.ts";
import { outputsOf } from "../src/ledger/utxo-view.ts";
import {
  type CheckedTransaction,
  checkSpend,
  checkWitnesses,
  identify,
  type TxRules,
} from "../src/ledger/validate-transaction.ts";
import type { Store } from "../src/ports.ts";
import { type Certificate, PRECOMMIT, type ValidatorSet } from "../src/types/chain.ts";
import { invariant } from "../src/types/errors.ts";
import type { BlockCommit, ChainHead, Utxo } from "../src/types/ledger.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    blocks: { type: "string", default: "1000" },
    payments: { type: "string", default: "0" },
    outputs: { type: "string", default: "0" },
    nodes: { type: "string", default: "3" },
  },
});
const [blocks, payments, outputs, nodes] = [
  values.blocks,
  values.payments,
  values.outputs,
  values.nodes,
].map(Number) as [number, number, number, number];
const INTERVAL_MS = 1;
/** Of each payment; the change goes back. */
const PAID = 1_000n;
/** Of each block, until there are as many as `--outputs` says. */
const OUTPUTS_A_BLOCK = 500;
const FEE_PERMILLE = 1n;
const MIN_FEE = 1_000n;

const paths = devnetPaths(positionals[0] ?? ".");
const plan = DevnetPlan.parse(JSON.parse(readFileSync(paths.plan, "utf8")));
const parsed = parseGenesis(readFileSync(paths.genesis, "utf8"));
if (!parsed.ok) throw new Error(parsed.reason);
const genesis = parsed.value;
const genesisHash = genesisHashOf(genesis);
const start = genesisState(genesis, genesisHash);
const rules: TxRules = { params: ledgerParamsOf(genesis, genesisHash), verify: () => true };
const validatorKeys = plan.nodes.map(({ name }) => keyIn(paths.validatorKey(name)));
const payer = keyIn(paths.accountKey("account-1"));
const payee = keyHashOf(keyIn(paths.accountKey("account-2")).publicKey);

function keyIn(path: string): SigningKey {
  return openSigningKey(readSeedFile(path).seed);
}

/** Spends `coin` into the given outputs, signed by the payer. */
function pay(
  coin: Utxo,
  outputs: readonly { value: bigint; address: Uint8Array }[],
  view: Pick<Store, "utxo">,
): CheckedTransaction {
  const body = { version: 1, inputs: [coin.outPoint], outputs, payload: new Uint8Array() };
  const signature = payer.sign(txSignBytes(genesisHash, txidOf(body)));
  const tx = { body, witnesses: [{ publicKey: payer.publicKey, signature }] };
  const priced = checkSpend(identify(tx), view, rules.params);
  if (!priced.ok) throw new Error(`${priced.code}: ${priced.reason}`);
  const checked = checkWitnesses(priced.value, rules);
  invariant(checked.ok, "the payer signs");
  return checked.value;
}

const feeOf = (value: bigint): bigint => {
  const share = (value * FEE_PERMILLE) / 1_000n + 1n;
  return share > MIN_FEE ? share : MIN_FEE;
};

const address = keyHashOf(payer.publicKey);

/** The coins that the next block's payments spend, and its transactions. */
function nextPayments(coins: readonly Utxo[], view: Pick<Store, "utxo">, height: number) {
  if ((height - 1) * OUTPUTS_A_BLOCK < outputs) return spread(coins, view, height);
  if (payments === 0) return { transactions: [], coins };
  if (height === 1) return split(coins, view);
  const transactions = coins.map((coin) => {
    const change = coin.value - PAID - feeOf(coin.value);
    const outputs = [
      { value: change, address },
      { value: PAID, address: payee },
    ];
    return pay(coin, outputs, view);
  });
  return { transactions, coins: transactions.map((paid) => outputAt(paid, 0, height)) };
}

/** One payment of many outputs, the change among them. */
function spread([coin]: readonly Utxo[], view: Pick<Store, "utxo">, height: number) {
  invariant(coin !== undefined, "the payer has a coin");
  const paid = Array.from({ length: OUTPUTS_A_BLOCK }, () => ({ value: PAID, address: payee }));
  const all = BigInt(OUTPUTS_A_BLOCK) * PAID;
  const change = { value: coin.value - all - feeOf(coin.value), address };
  const transaction = pay(coin, [change, ...paid], view);
  return { transactions: [transaction], coins: [outputAt(transaction, 0, height)] };
}

/** The largest coin in as many as there are payments in a block. */
function split([coin]: readonly Utxo[], view: Pick<Store, "utxo">) {
  invariant(coin !== undefined, "the payer has a coin");
  const value = (coin.value - feeOf(coin.value)) / BigInt(payments);
  const outputs = Array.from({ length: payments }, () => ({ value, address }));
  const transaction = pay(coin, outputs, view);
  const coins = outputs.map((_, index) => outputAt(transaction, index, 1));
  return { transactions: [transaction], coins };
}

function outputAt({ tx, txid }: CheckedTransaction, index: number, height: number): Utxo {
  const utxo = outputsOf(tx, txid, height)[index];
  invariant(utxo !== undefined, "the transaction has this output");
  return utxo;
}

function certificateOf(validators: ValidatorSet, height: number, hash: Uint8Array): Certificate {
  const vote = { type: PRECOMMIT, height, round: 0, blockHash: hash } as const;
  const message = voteSignBytes(genesisHash, vote);
  const signatures = validators.map(({ publicKey }) => {
    const key = validatorKeys.find((one) => Buffer.compare(one.publicKey, publicKey) === 0);
    invariant(key !== undefined, "every validator is a node of the devnet");
    return key.sign(message);
  });
  return { ...vote, signers: validators.map(() => true), signatures };
}

const written = (write: (done: (error?: Error) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    write((error) => (error === undefined ? resolve() : reject(error)));
  });

async function fill(store: Store): Promise<void> {
  await written((done) => store.initialise(genesisHash, start.utxos, start.head, done));
  let head: ChainHead = start.head;
  let lastCommit: Certificate | undefined;
  const mine = start.utxos.filter((utxo) => Buffer.compare(utxo.address, address) === 0);
  let coins: readonly Utxo[] = mine.toSorted((a, b) => Number(b.value - a.value));
  for (let height = 1; height <= blocks; height++) {
    const { validators } = head.validatorState;
    const next = nextPayments(coins, store, height);
    const { block, applied } = buildBlock(
      {
        view: store,
        head,
        lastCommit,
        round: 0,
        proposer: validators[height % validators.length]?.publicKey ?? sha256(),
        timestampMs: head.timestampMs + INTERVAL_MS,
        candidates: next.transactions,
        evidence: [],
      },
      rules,
    );
    invariant(block.transactions.length === next.transactions.length, "all payments are valid");
    lastCommit = certificateOf(validators, height, applied.blockHash);
    const { blockHash, created, spent, txids } = applied;
    const certified = { block, certificate: lastCommit };
    head = applied.head;
    const commit: BlockCommit = { certified, blockHash, created, spent, txids, head };
    await written((done) => store.commit([commit], done));
    coins = next.coins;
  }
}

const [first, ...others] = plan.nodes.slice(0, nodes).map(({ name }) => paths.dataDirectory(name));
invariant(first !== undefined, "a node gets the chain");
const directory = join(first, "chain");
const store = await openLevelStore({ directory, genesisHash });
await fill(store);
await written((done) => store.close(done));
for (const other of others) cpSync(directory, join(other, "chain"), { recursive: true });
