// What the RPC sees of the node: its store, its mempool, and what the driver says of peers and rounds.

import { systemClock } from "../adapters/system-clock.ts";
import { leaderOf } from "../consensus/proposer.ts";
import { quorumPower, totalPowerOf } from "../crypto/certificate.ts";
import type { ChainState } from "../driver/chain/chain-state.ts";
import type { Driver } from "../driver/driver.ts";
import type { ConsensusFacts, NodeFacts } from "../rpc/node-facts.ts";
import type { Height } from "../types/chain.ts";

type About = "version" | "nodeId" | "genesis" | "genesisHash";

export interface RpcFactsParts
  extends Pick<NodeFacts, About | "store" | "mempool" | "isCaughtUp" | "stopping" | "bans"> {
  readonly chain: ChainState;
  readonly driver: Driver;
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

export function rpcFacts({ chain, driver, commits, ...parts }: RpcFactsParts): NodeFacts {
  return {
    ...parts,
    clock: systemClock,
    startedAtMs: systemClock.nowMs(),
    head: () => chain.head,
    submit: (transaction) => driver.submit(transaction),
    peers: () => driver.peers.all(),
    consensus: () => consensusFacts(chain, driver),
    onCommit: (listener) => commits.add(listener),
  };
}

function consensusFacts(chain: ChainState, driver: Driver): ConsensusFacts {
  const context = chain.nextContext();
  const { round, step } = driver.core;
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
