// What the RPC sees of the node: the store's committed state, the mempool, the driver's peers and round.

import { toHex } from "../codec/hex.ts";
import { leaderOf } from "../consensus/proposer.ts";
import { quorumPower, totalPowerOf } from "../crypto/certificate.ts";
import { txidOf } from "../crypto/ids.ts";
import type { ChainState } from "../driver/chain-state.ts";
import type { Driver } from "../driver/driver.ts";
import type { Genesis } from "../genesis.ts";
import type { Mempool, MempoolLimits } from "../mempool/mempool.ts";
import type { Store } from "../ports.ts";
import type { ConsensusFacts, NodeFacts } from "../rpc/node-facts.ts";
import type { Height, Transaction } from "../types/chain.ts";
import { ok } from "../types/errors.ts";

export interface RpcFactsParts {
  readonly version: string;
  readonly nodeId: string;
  readonly genesis: Genesis;
  readonly genesisHash: Uint8Array;
  readonly store: Store;
  readonly chain: ChainState;
  readonly driver: Driver;
  readonly mempool: Mempool;
  readonly mempoolLimits: MempoolLimits;
  readonly isCaughtUp: () => boolean;
  readonly commits: CommitListeners;
}

/** Who wants to know of each commit; bounded by the RPC's own limit on waiting calls. */
export class CommitListeners {
  readonly #listeners = new Set<(height: Height) => void>();

  add(listener: (height: Height) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(height: Height): void {
    for (const listener of this.#listeners) listener(height);
  }
}

export function rpcFacts(parts: RpcFactsParts): NodeFacts {
  const { store, chain, driver, mempool, genesis, genesisHash, commits } = parts;
  return {
    genesis,
    genesisHash,
    version: parts.version,
    nodeId: parts.nodeId,
    startedAtMs: Date.now(),
    nowMs: () => Date.now(),
    isCaughtUp: parts.isCaughtUp,
    head: () => chain.head,
    block: (height) => store.block(height),
    heightOf: (blockHash) => store.heightOf(blockHash),
    transaction: (txid) => store.transaction(txid),
    balanceOf: (address) => Promise.resolve(store.balanceOf(address)),
    utxosOf: (address, limit) =>
      new Promise((resolve, reject) => {
        store.utxosOf(address, limit, (error, utxos) => {
          if (error === undefined) resolve(utxos);
          else reject(error);
        });
      }),
    mempool: () => ({
      count: mempool.size,
      bytes: mempool.sizeBytes,
      maxTxs: parts.mempoolLimits.maxTxs,
      maxBytes: parts.mempoolLimits.maxBytes,
    }),
    pendingTransaction: (txid) => mempool.getByTxid(toHex(txid))?.tx,
    pendingTxids: (limit) => [...mempool.entries()].slice(0, limit).map(({ txid }) => txid),
    isSpentByPending: (outPoint) => mempool.isSpent(outPoint),
    submitTransaction: (transaction) => Promise.resolve(submit(driver, transaction)),
    peers: () =>
      driver.peers.all().map(({ peer, height, rttMs }) => ({
        ...peer,
        claimedHeight: height === 0 ? undefined : height,
        roundTripMs: rttMs,
      })),
    consensus: () => consensusFacts(chain, driver),
    onCommit: (listener) => commits.add(listener),
  };
}

function submit(driver: Driver, transaction: Transaction) {
  const submitted = driver.submit(transaction);
  return submitted.ok ? ok(txidOf(transaction.body)) : submitted;
}

function consensusFacts(chain: ChainState, driver: Driver): ConsensusFacts {
  const context = chain.nextContext();
  const { round, step } = driver.state;
  return {
    height: context.height,
    round,
    step,
    validators: context.validators,
    leaderOrder: context.leaderOrder,
    ejected: chain.head.validatorState.tombstones,
    quorum: quorumPower(totalPowerOf(context.validators)),
    leader: leaderOf(context, round),
    self: context.self,
  };
}
