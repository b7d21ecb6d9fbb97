// A node's facts over arrays, for tests of the RPC and of the CLI against it: a genesis of one
// validator, blocks that are well formed though signed by nobody, a mempool that admits everything.

import { ZERO_HASH } from "../src/codec/bytes.ts";
import { toHex } from "../src/codec/hex.ts";
import { blockHashOf, txidOf } from "../src/crypto/ids.ts";
import { generateKeyPair, keyHashOf, nodeIdOf } from "../src/crypto/pure-keys.ts";
import {
  type Genesis,
  genesisHashOf,
  genesisValidatorOf,
  parseGenesis,
  validatorSetOf,
} from "../src/genesis.ts";
import { genesisValidatorState } from "../src/ledger/validator-state.ts";
import type { NodeFacts } from "../src/rpc/node-facts.ts";
import type { Ban } from "../src/types/bans.ts";
import type { CertifiedBlock, OutPoint, Transaction } from "../src/types/chain.ts";
import { ok, type Result } from "../src/types/errors.ts";
import type { Utxo } from "../src/types/ledger.ts";
import type { Tombstone } from "../src/types/validator-state.ts";

export const VALIDATOR = generateKeyPair(new Uint8Array(32).fill(1));
export const NODE = generateKeyPair(new Uint8Array(32).fill(2));
export const RICH = generateKeyPair(new Uint8Array(32).fill(3));
export const GENESIS_TIME_MS = 1_700_000_000_000;

/** A devnet genesis of one validator. */
export function fakeGenesis(): Genesis {
  const chainId = "fake-1";
  const seeds = { validatorSeed: VALIDATOR.seed, nodeSeed: NODE.seed };
  const parsed = parseGenesis({
    chainId,
    profile: "Devnet",
    nonce: "00".repeat(32),
    timeMs: GENESIS_TIME_MS,
    parameters: {},
    validators: [genesisValidatorOf(chainId, "one", seeds)],
    allocations: [],
  });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

export const outPointKey = ({ txid, index }: OutPoint): string => `${toHex(txid)}:${index}`;

/** 32 bytes that name a number. */
export const fakeHash = (n: number): Uint8Array => new Uint8Array(32).fill(n);

export class FakeNode {
  readonly genesis = fakeGenesis();
  readonly genesisHash = genesisHashOf(this.genesis);
  readonly blocks: CertifiedBlock[] = [];
  readonly pending = new Map<string, Transaction>();
  readonly utxos: Utxo[] = [];
  readonly ejected: Tombstone[] = [];
  readonly listeners = new Set<(height: number) => void>();
  /** What `submit` answers; it admits by default. */
  submit: (transaction: Transaction) => Result<Uint8Array> = (transaction) => {
    const txid = txidOf(transaction.body);
    this.pending.set(toHex(txid), transaction);
    return ok(txid);
  };
  readonly bans: Ban[] = [];
  nowMs = GENESIS_TIME_MS + 90_500;
  readonly stopping = new AbortController();

  readonly facts: NodeFacts = {
    genesis: this.genesis,
    genesisHash: this.genesisHash,
    version: "0.0.0-test",
    nodeId: nodeIdOf(NODE.publicKey),
    startedAtMs: GENESIS_TIME_MS,
    clock: { nowMs: () => this.nowMs },
    isCaughtUp: () => true,
    stopping: this.stopping.signal,
    head: () => this.head(),
    store: this.store(),
    mempool: this.mempool(),
    submit: (transaction) => this.submit(transaction),
    peers: () => [
      {
        peer: {
          id: "ab".repeat(20),
          nodeKey: fakeHash(9),
          role: "full",
          address: "127.0.0.2:24100",
          linkIp: "127.0.0.1",
          outbound: true,
          connectedAtMs: GENESIS_TIME_MS,
          version: 2,
        },
        height: 4,
        rttMs: undefined,
      },
    ],
    bans: () => this.bans,
    consensus: () => ({
      height: this.blocks.length + 1,
      round: 0,
      step: "propose",
      validators: validatorSetOf(this.genesis),
      leaderOrder: [0],
      ejected: this.ejected,
      quorum: 1,
      leader: 0,
      self: 0,
    }),
    onCommit: (listener) => {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
  };

  private store(): NodeFacts["store"] {
    return {
      base: () => 1,
      block: (height) => this.blocks[height - 1],
      heightOf: (hash) => {
        const found = this.blocks.findIndex(
          (b) => toHex(blockHashOf(b.block.header)) === toHex(hash),
        );
        return found < 0 ? undefined : found + 1;
      },
      transaction: (txid) => this.locate(txid),
      balanceOf: (address) => this.utxosOf(address).reduce((sum, { value }) => sum + value, 0n),
      utxo: (outPoint) =>
        this.utxos.find((utxo) => outPointKey(utxo.outPoint) === outPointKey(outPoint)),
      utxosOf: (address, limit, done) => done(undefined, this.utxosOf(address).slice(0, limit)),
    };
  }

  private mempool(): NodeFacts["mempool"] {
    const { pending } = this;
    return {
      get size() {
        return pending.size;
      },
      sizeBytes: 0,
      limits: { maxTxs: 20_000, maxBytes: 1 << 26 },
      getByTxid: (txid) => {
        const tx = pending.get(txid);
        return tx === undefined ? undefined : { tx };
      },
      entries: () => [...pending.keys()].map((txidHex) => ({ txidHex })),
      isSpent: (outPoint) =>
        [...pending.values()].some(({ body }) =>
          body.inputs.some((input) => outPointKey(input) === outPointKey(outPoint)),
        ),
    };
  }

  /** Gives `value` satoshi to the rich key, as from genesis. */
  fund(n: number, value: bigint): void {
    const address = keyHashOf(RICH.publicKey);
    this.utxos.push({ outPoint: { txid: fakeHash(n), index: 0 }, value, address, height: 0 });
  }

  /** Puts `transactions` into a new block and tells the listeners. */
  commit(transactions: readonly Transaction[]): void {
    const height = this.blocks.length + 1;
    const header = {
      version: 1,
      height,
      round: 0,
      parentHash: this.head().blockHash,
      lastCommitHash: ZERO_HASH,
      validatorsHash: ZERO_HASH,
      nextValidatorsHash: ZERO_HASH,
      txRoot: ZERO_HASH,
      evidenceRoot: ZERO_HASH,
      stateRoot: fakeHash(height),
      proposer: VALIDATOR.publicKey,
      timestampMs: GENESIS_TIME_MS + height * 1000,
    };
    this.blocks.push({
      block: { header, lastCommit: undefined, evidence: [], transactions },
      certificate: {
        type: 2,
        height,
        round: 0,
        blockHash: blockHashOf(header),
        signers: [true],
        signatures: [new Uint8Array(64)],
      },
    });
    for (const { body } of transactions) this.pending.delete(toHex(txidOf(body)));
    for (const listener of this.listeners) listener(height);
  }

  private head() {
    const last = this.blocks.at(-1);
    return {
      height: this.blocks.length,
      blockHash: last === undefined ? this.genesisHash : blockHashOf(last.block.header),
      timestampMs: last?.block.header.timestampMs ?? GENESIS_TIME_MS,
      stateRoot: fakeHash(this.blocks.length),
      utxoAccumulator: new Uint8Array(2048),
      feePot: 0n,
      supply: this.utxos.reduce((sum, { value }) => sum + value, 0n),
      validatorState: genesisValidatorState(validatorSetOf(this.genesis), this.genesisHash),
    };
  }

  private utxosOf(address: Uint8Array): Utxo[] {
    return this.utxos.filter((utxo) => toHex(utxo.address) === toHex(address));
  }

  private locate(txid: Uint8Array) {
    for (const { block } of this.blocks) {
      const index = block.transactions.findIndex(({ body }) => toHex(txidOf(body)) === toHex(txid));
      if (index >= 0) return { height: block.header.height, index };
    }
    return undefined;
  }
}
