// The chain that all runs of one size share: genesis, validators with fake keys, and funded wallets.
// Made once a size, since a run must not pay for what no seed changes. The signature scheme is the
// simulator's (keyring.ts): everything else about keys, hashes and ids is the production code's.

import { txSignBytes } from "../../src/codec/sign-bytes.ts";
import { txidOf } from "../../src/crypto/ids.ts";
import type { SigningKey } from "../../src/crypto/keys.ts";
import { keyHashOf, nodeIdOf } from "../../src/crypto/pure-keys.ts";
import { type GenesisState, genesisState } from "../../src/genesis/ledger-start.ts";
import { type Genesis, genesisHashOf, validatorSetOf } from "../../src/genesis.ts";
import type { Transaction, TransactionBody, ValidatorSet } from "../../src/types/chain.ts";
import { invariant } from "../../src/types/errors.ts";
import { fakeSign } from "./keyring.ts";

/** Wallets with one genesis allocation each. */
export const WALLETS = 8;
const ALLOCATION = 10_000_000n;
const FEE = 20_000n;
/** An output of a payment that is cut into many. */
const SMALL = 1_000n;

export interface Spend {
  readonly from: number;
  readonly to: number;
  readonly outputs: number;
  /** What is wrong with it: no ledger may take it. */
  readonly fault?: PaymentFault | undefined;
}

/** It pays no fee, or more than it has; its signature is nobody's, or another owner's. */
export const PAYMENT_FAULTS = ["free", "rich", "unsigned", "stolen"] as const;
export type PaymentFault = (typeof PAYMENT_FAULTS)[number];

export interface Chain {
  readonly genesis: Genesis;
  readonly genesisHash: Uint8Array;
  readonly state: GenesisState;
  readonly set: ValidatorSet;
  /** By validator index. */
  readonly keys: readonly SigningKey[];
  /** Node ids, by validator index. */
  readonly nodeIds: readonly string[];
  /** Supply and fee pot of every state of this chain. */
  readonly coins: bigint;
}

/** The key of validator `index`. */
export function keyOf({ keys }: Chain, index: number): SigningKey {
  const key = keys[index];
  invariant(key !== undefined, `there is a validator ${index}`);
  return key;
}

const chains = new Map<string, Chain>();

/** The chain of `validators` members; evidence of more than `maxEvidenceAgeBlocks` ago convicts nobody. */
export function chainOf(validators: number, maxEvidenceAgeBlocks = 120_960): Chain {
  const key = `${validators}/${maxEvidenceAgeBlocks}`;
  const known = chains.get(key);
  if (known !== undefined) return known;
  const chain = newChain(validators, maxEvidenceAgeBlocks);
  chains.set(key, chain);
  return chain;
}

/** A spend of wallet `from`'s genesis allocation to wallet `to`, in so many outputs. */
export function payment({ genesisHash, state }: Chain, spend: Spend): Transaction {
  const { from, to, outputs: count, fault } = spend;
  const utxo = state.utxos[from];
  invariant(utxo !== undefined, "a wallet has its allocation");
  const address = keyHashOf(walletKey(to).publicKey);
  const small = Array.from({ length: count - 1 }, () => ({ value: SMALL, address }));
  const fee = { free: 0n, rich: -FEE, unsigned: FEE, stolen: FEE, none: FEE }[fault ?? "none"];
  const value = utxo.value - fee - SMALL * BigInt(count - 1);
  const body: TransactionBody = {
    version: 1,
    inputs: [utxo.outPoint],
    outputs: [{ value, address }, ...small],
    payload: new Uint8Array(0),
  };
  const key = walletKey(fault === "stolen" ? to : from);
  const signed = key.sign(txSignBytes(genesisHash, txidOf(body)));
  const signature = fault === "unsigned" ? new Uint8Array(signed.length) : signed;
  return { body, witnesses: [{ publicKey: key.publicKey, signature }] };
}

/** A key whose signatures fakeVerify accepts. */
function fakeKey(publicKey: Uint8Array): SigningKey {
  return { publicKey, sign: (message) => fakeSign(message, publicKey), destroy: () => undefined };
}

/** 32 bytes that differ in the first four, which is all that the fake signatures bind. */
function keyBytes(kind: number, index: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(0xa5);
  bytes.set([kind, index >> 8, index & 0xff]);
  return bytes;
}

const walletKey = (index: number): SigningKey => fakeKey(keyBytes(3, index));
const nodeKey = (index: number): Uint8Array => keyBytes(2, index);

function newChain(validators: number, maxEvidenceAgeBlocks: number): Chain {
  const keys = Array.from({ length: validators }, (_, index) => fakeKey(keyBytes(1, index)));
  const proof = new Uint8Array(64);
  const genesis: Genesis = {
    chainId: "sim-1",
    profile: "Devnet",
    nonce: new Uint8Array(32).fill(validators),
    timeMs: 1_000_000,
    parameters: {
      minBlockMs: 5,
      emptyBlockIntervalMs: 20,
      maxBlockBytes: 64 * 1024,
      maxBlockTxs: 100,
      minFee: 1000n,
      feePermille: 1,
      dust: 546n,
      maxEvidenceAgeBlocks,
      precisionMs: 100,
      messageDelayMs: 500,
      faultInjection: true,
    },
    validators: keys.map(({ publicKey }, index) => ({
      name: `v${index}`,
      publicKey,
      nodeKey: nodeKey(index),
      possession: proof,
      nodePossession: proof,
    })),
    allocations: Array.from({ length: WALLETS }, (_, index) => ({
      address: keyHashOf(walletKey(index).publicKey),
      amount: ALLOCATION + BigInt(index),
    })),
  };
  const genesisHash = genesisHashOf(genesis);
  const state = genesisState(genesis, genesisHash);
  const nodeIds = keys.map((_, index) => nodeIdOf(nodeKey(index)));
  const coins = state.head.supply + state.head.feePot;
  return { genesis, genesisHash, state, set: validatorSetOf(genesis), keys, nodeIds, coins };
}
