// Wallets, a small genesis and signed transfers for the tests of ledger, mempool and store. All of it
// is deterministic: wallet i has the seed of 32 bytes i + 1.

import { txSignBytes } from "../src/codec/sign-bytes.ts";
import { txidOf } from "../src/crypto/ids.ts";
import { openSigningKey, type SigningKey } from "../src/crypto/keys.ts";
import { keyHashOf } from "../src/crypto/pure-keys.ts";
import { verifySignature } from "../src/crypto/verify.ts";
import type { Genesis } from "../src/genesis/types.ts";
import type { BlockRules } from "../src/ledger/apply-block.ts";
import { type LedgerParams, ledgerParamsOf } from "../src/ledger/params.ts";
import { type GenesisState, genesisState } from "../src/ledger/state-root.ts";
import type { Utxo } from "../src/ports.ts";
import {
  type Certificate,
  PRECOMMIT,
  type Transaction,
  type TxOutput,
  type ValidatorSet,
} from "../src/types/chain.ts";

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

export const VALIDATORS: ValidatorSet = [200, 201, 202, 203].map((byte) => ({
  publicKey: new Uint8Array(32).fill(byte),
  nodeKey: new Uint8Array(32).fill(byte + 50),
  power: 1,
}));

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
      precisionMs: 500,
      messageDelayMs: 2000,
      faultInjection: true,
      ...parameters,
    },
    validators: [],
    allocations: Array.from({ length: allocations }, (_, i) => ({
      address: walletOf(i % 200).address,
      amount: 10_000_000n + BigInt(i),
    })),
  };
}

export interface LedgerWorld extends GenesisState {
  readonly params: LedgerParams;
  readonly rules: BlockRules;
}

export function ledgerWorld(genesis: Genesis = sampleGenesis()): LedgerWorld {
  const params = ledgerParamsOf(genesis, GENESIS_HASH);
  const rules = {
    params,
    verify: verifySignature,
    validators: VALIDATORS,
    nextValidators: VALIDATORS,
  };
  return { ...genesisState(genesis, GENESIS_HASH), params, rules };
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
export function commitOf(height: number, blockHash: Uint8Array): Certificate {
  return {
    type: PRECOMMIT,
    height,
    round: 0,
    blockHash,
    signers: [true, true, true, false],
    signatures: [1, 2, 3].map((byte) => new Uint8Array(64).fill(byte)),
  };
}
