// View changes of real daemons, read from their debug logs: every node writes when it enters a round,
// and all of them share the machine's clock. A view change runs from the first node's entering a round
// that fails until a quorum of nodes is in the next round of that height, as in node/sim/timed. The logs
// say when a block was committed, too.

import { z } from "zod";

/** A node entered a round. */
export interface RoundEntry {
  readonly node: number;
  readonly height: number;
  readonly round: number;
  readonly atMs: number;
}

export interface ViewChange {
  readonly height: number;
  /** The round that failed. */
  readonly round: number;
  readonly tookMs: number;
}

const NewRound = z.object({
  time: z.string(),
  message: z.literal("newRound"),
  height: z.int(),
  round: z.int(),
});

const Committed = z.object({
  time: z.string(),
  message: z.literal("block committed"),
  height: z.int(),
});

/** A node committed a block. */
export interface Commit {
  readonly height: number;
  readonly atMs: number;
}

/** The commits in one node's log, in its order; lines that are none are passed over. */
export function commitsOf(log: string): readonly Commit[] {
  return log.split("\n").flatMap((line) => {
    if (!line.includes('"block committed"')) return [];
    const parsed = Committed.safeParse(jsonOf(line));
    if (!parsed.success) return [];
    return [{ height: parsed.data.height, atMs: Date.parse(parsed.data.time) }];
  });
}

/** When the node last wrote that it committed `height`, in Unix ms; undefined where it never did. */
export function committedAtMs(log: string, height: number): number | undefined {
  return commitsOf(log).findLast((commit) => commit.height === height)?.atMs;
}

/** The entries in one node's log, in its order; lines that are none are passed over. */
export function roundEntriesOf(node: number, log: string): readonly RoundEntry[] {
  return log.split("\n").flatMap((line) => {
    if (!line.includes('"newRound"')) return [];
    const parsed = NewRound.safeParse(jsonOf(line));
    if (!parsed.success) return [];
    const { height, round, time } = parsed.data;
    return [{ node, height, round, atMs: Date.parse(time) }];
  });
}

/** A process killed while it wrote leaves half a line. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** All view changes; `quorum` counts nodes. A node in a later round of the height has left the earlier. */
export function viewChangesOf(
  entries: readonly RoundEntry[],
  quorum: number,
): readonly ViewChange[] {
  const heights = Map.groupBy(entries, ({ height }) => height);
  return [...heights].flatMap(([height, ofHeight]) => {
    const last = Math.max(...ofHeight.map(({ round }) => round));
    return Array.from({ length: last }, (_, round) => round).flatMap((round) => {
      const startMs = entryTimes(ofHeight, round)[0];
      const endMs = entryTimes(ofHeight, round + 1)[quorum - 1];
      return startMs === undefined || endMs === undefined
        ? []
        : [{ height, round, tookMs: endMs - startMs }];
    });
  });
}

/** When each node was first in this round or a later one, earliest first. */
function entryTimes(entries: readonly RoundEntry[], round: number): readonly number[] {
  const first = new Map<number, number>();
  for (const entry of entries) {
    if (entry.round < round) continue;
    first.set(entry.node, Math.min(entry.atMs, first.get(entry.node) ?? entry.atMs));
  }
  return [...first.values()].sort((a, b) => a - b);
}
