// Says so where no peer keeps the next block: then this node can only join by snapshot (docs/adr/0025), and no
// waiting helps. Called on each tick.

import type { Clock, Log } from "../../ports.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { PeerBook } from "../peers/peer-book.ts";

const SAY_AGAIN_MS = 60_000;

export interface PrunedPeersParts {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly log: Log;
  readonly chain: Pick<ChainState, "head">;
  readonly peers: Pick<PeerBook, "all">;
}

export class PrunedPeers {
  readonly #parts: PrunedPeersParts;
  #saidAtMs = -SAY_AGAIN_MS;

  constructor(parts: PrunedPeersParts) {
    this.#parts = parts;
  }

  check(): void {
    const { clock, log, chain, peers } = this.#parts;
    const next = chain.head.height + 1;
    const ahead = peers.all().filter(({ height }) => height >= next);
    const bases = ahead.map(({ baseHeight }) => baseHeight);
    if (ahead.length === 0 || bases.some((base) => base <= next)) return;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#saidAtMs < SAY_AGAIN_MS) return;
    this.#saidAtMs = nowMs;
    log.error(
      { code: "SYNC_PRUNED", height: next, lowestKept: Math.min(...bases) },
      `no peer keeps block ${next}: join by snapshot, with sync.trust (--trust HEIGHT:HASH)`,
    );
  }
}
