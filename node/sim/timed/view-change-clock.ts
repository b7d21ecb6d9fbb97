// Measures view changes: from the first honest node's entering a round that fails until honest nodes
// of a quorum of power are in the next one. A round fails where they get there; a round that some
// leave and that still decides before a quorum has left it counts as none.

import { quorumPower } from "../../src/crypto/certificate.ts";

export interface ViewChange {
  readonly height: number;
  /** The round that failed. */
  readonly round: number;
  readonly tookMs: number;
}

interface RoundEntries {
  firstMs: number;
  quorumMs: number | undefined;
  nodes: number;
}

export class ViewChangeClock {
  private readonly quorum: number;
  /** By height and round, of power 1 a node. */
  private readonly entries = new Map<number, RoundEntries[]>();

  constructor(nodes: number) {
    this.quorum = quorumPower(nodes);
  }

  /** An honest node that was in round `from` (-1: none) of the height enters round `to`. */
  entered(height: number, from: number, to: number, nowMs: number): void {
    const rounds = this.entries.get(height) ?? [];
    this.entries.set(height, rounds);
    for (let round = from + 1; round <= to; round++) {
      const entry = (rounds[round] ??= { firstMs: nowMs, quorumMs: undefined, nodes: 0 });
      entry.nodes++;
      if (entry.nodes === this.quorum) entry.quorumMs = nowMs;
    }
  }

  /** All view changes of the heights up to `last`, in order. */
  viewChanges(last: number): ViewChange[] {
    const changes: ViewChange[] = [];
    for (const [height, rounds] of this.entries) {
      if (height > last) continue;
      for (let round = 0; round + 1 < rounds.length; round++) {
        const endMs = rounds[round + 1]?.quorumMs;
        const startMs = rounds[round]?.firstMs;
        if (endMs === undefined || startMs === undefined) continue;
        changes.push({ height, round, tookMs: endMs - startMs });
      }
    }
    return changes;
  }

  /** Highest round that any honest node entered at the height. */
  lastRound(height: number): number {
    return (this.entries.get(height)?.length ?? 1) - 1;
  }

  /** When the first honest node began the height. */
  startedMs(height: number): number {
    return this.entries.get(height)?.[0]?.firstMs ?? 0;
  }
}
