// Wallets, a small genesis and signed transfers for the tests of ledger, mempool and store. All of it
// is deterministic: wallet i has the seed of 32 bytes i + 1.

import { compareBytes } from "../src/codec/bytes.ts";
import { newEvidence } from "../src/codec/evidence.ts";
import { statementSignBytes, txSignBytes } from "../src/codec/sign-bytes.ts";
import { txidOf } from "../src/crypto/ids.ts";
import { openSigningKey, type SigningKey } from "../src/crypto/keys.ts";
import { keyHashOf } from "../src/crypto/pure-keys.ts";
import { verifySignature } from "../src/crypto/verify.ts";
import { type GenesisState, genesisState, ledgerParamsOf } from "../src/genesis/ledger-start.ts";
import type { Genesis } from "../src/genesis/types.ts";
import { validatorSetOf } from "../src/genesis/validator-set.ts";
import type { LedgerParams } from "../src/ledger/params.ts";
import { outPointKey, outputsOf, type UtxoView } from "../src/ledger/utxo-view.ts";
import {
  type CheckedTransaction,
  checkSpend,
  checkWitnesses,
  identify,
  type TxRules,
} from "../src/ledger/validate-transaction.ts";
import {
  type Certificate,
  type OutPoint,
  PRECOMMIT,
  type Transaction,
  type TxOutput,
  type ValidatorSet,
} from "../src/types/chain.ts";
import type { Evidence, SignedStatement } from "../src/types/evidence.ts";
import type { Utxo } from "../src/types/ledger.ts";

export interface Wallet {
  readonly key: SigningKey;
  /** 20 bytes. */
  readonly address: Uint8Array;
}

const wallets = new Map<number, Wallet>();

/** Wallet `i`, 0 to 199. */
export function walletOf(i: number): Wallet {
  const known = wallets.get(i);
  if (known !== undefined) return known;
  const key = openSigningKey(new Uint8Array(32).fill(i + 1));
  const wallet = { key, address: keyHashOf(key.publicKey) };
  wallets.set(i, wallet);
  return wallet;
}

export const GENESIS_HASH = new Uint8Array(32).fill(0x67);

/** The keys of the sample genesis's validators, sorted as their set is. */
export const VALIDATOR_KEYS: readonly SigningKey[] = [200, 201, 202, 203]
  .map((byte) => openSigningKey(new Uint8Array(32).fill(byte)))
  .sort((a, b) => compareBytes(a.publicKey, b.publicKey));

/** A genesis that skips parseGenesis (and its proofs): wallet i holds allocation i. */
export function sampleGenesis(
  allocations = 8,
  parameters: Partial<Genesis["parameters"]> = {},
): Genesis {
  return {
    chainId: "test-1",
    profile: "Devnet",
    nonce: new Uint8Array(32).fill(1),
    timeMs: 1_000_000,
    parameters: {
      minBlockMs: 50,
      emptyBlockIntervalMs: 1000,
      maxBlockBytes: 1024 * 1024,
      maxBlockTxs: 5000,
      minFee: 1000n,
      feePermille: 1,
      dust: 546n,
      maxEvidenceAgeBlocks: 120_960,
      precisionMs: 500,
      messageDelayMs: 2000,
      faultInjection: true,
      ...parameters,
    },
    validators: VALIDATOR_KEYS.map(({ publicKey }, i) => ({
      name: `v${i}`,
      publicKey,
      nodeKey: new Uint8Array(32).fill(250 + i),
      possession: new Uint8Array(64),
      nodePossession: new Uint8Array(64),
    })),
    allocations: Array.from({ length: allocations }, (_, i) => ({
      address: walletOf(i % 200).address,
      amount: 10_000_000n + BigInt(i),
    })),
  };
}

/** The set of the sample genesis. */
export const VALIDATORS: ValidatorSet = validatorSetOf(sampleGenesis());

export interface LedgerWorld extends GenesisState {
  readonly params: LedgerParams;
  readonly rules: TxRules;
}

export function ledgerWorld(genesis: Genesis = sampleGenesis()): LedgerWorld {
  const params = ledgerParamsOf(genesis, GENESIS_HASH);
  const rules = { params, verify: verifySignature };
  return { ...genesisState(genesis, GENESIS_HASH), params, rules };
}

/** A validator's two signatures for one place: for the blocks 1 1 1 ... and 2 2 2 ... */
export function doubleSigned(
  key: SigningKey,
  place: Pick<Evidence, "kind" | "height" | "round">,
  genesisHash: Uint8Array = GENESIS_HASH,
): Evidence {
  const [one, other] = [1, 2].map((byte) => {
    const value = { validRound: -1, blockHash: new Uint8Array(32).fill(byte) };
    return { ...value, signature: key.sign(statementSignBytes(genesisHash, place, value)) };
  }) as [SignedStatement, SignedStatement];
  return newEvidence({ ...place, publicKey: key.publicKey }, one, other);
}

/** The wallet that owns an output, among the first 200. */
export function ownerOf(address: Uint8Array): Wallet {
  for (let i = 0; i < 200; i++) {
    const wallet = walletOf(i);
    if (Buffer.from(wallet.address).equals(address)) return wallet;
  }
  throw new Error("no wallet has this address");
}

/** A transaction that spends `inputs` into `outputs`, signed by the owners of the inputs. */
export function transfer(
  inputs: readonly Pick<Utxo, "outPoint" | "address">[],
  outputs: readonly TxOutput[],
  body: Partial<Transaction["body"]> = {},
): Transaction {
  const whole: Transaction["body"] = {
    version: 1,
    inputs: inputs.map(({ outPoint }) => outPoint),
    outputs,
    payload: new Uint8Array(0),
    ...body,
  };
  const signBytes = txSignBytes(GENESIS_HASH, txidOf(whole));
  const witnesses = inputs.map(({ address }) => {
    const { key } = ownerOf(address);
    return { publicKey: key.publicKey, signature: key.sign(signBytes) };
  });
  return { body: whole, witnesses };
}

/** All of `inputs` but the fee to wallet `to`. */
export function payAll(inputs: readonly Utxo[], to: number, fee = 20_000n): Transaction {
  const value = inputs.reduce((sum, utxo) => sum + utxo.value, 0n) - fee;
  return transfer(inputs, [{ value, address: walletOf(to).address }]);
}

/** Output `index` of a transaction, as its successor spends it. */
export function outputOf(tx: Transaction, index: number, height = 1): Utxo {
  const output = tx.body.outputs[index];
  if (output === undefined) throw new Error(`no output ${index}`);
  return { outPoint: { txid: txidOf(tx.body), index }, ...output, height };
}

/** A certificate in the right form; nothing in the ledger verifies its signatures. */
export function commitOf(height: number, blockHash: Uint8Array, round = 0): Certificate {
  return {
    type: PRECOMMIT,
    height,
    round,
    blockHash,
    signers: [true, true, true, false],
    signatures: [1, 2, 3].map((byte) => new Uint8Array(64).fill(byte)),
  };
}

/**
 * Those that pass every rule, where each may spend what the ones before it make: what a mempool hands
 * on, except that two of them may spend one output.
 */
export function checkedOf(
  transactions: readonly Transaction[],
  view: UtxoView,
  rules: TxRules,
): CheckedTransaction[] {
  const made = new Map<string, Utxo>();
  const over = { utxo: (at: OutPoint) => made.get(outPointKey(at)) ?? view.utxo(at) };
  return transactions.flatMap((tx) => {
    const priced = checkSpend(identify(tx), over, rules.params);
    const checked = priced.ok ? checkWitnesses(priced.value, rules) : priced;
    if (!checked.ok) return [];
    for (const utxo of outputsOf(tx, checked.value.txid, 1)) {
      made.set(outPointKey(utxo.outPoint), utxo);
    }
    return [checked.value];
  });
}
