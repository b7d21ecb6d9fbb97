// A crash at every boundary at which a node makes something durable: before each change of the disk under
// the write-ahead log and the sign state (so also after the one before), around each batch of the store,
// and before each frame. For each, every state that the disk may be found in: nothing of what was not
// synced, names alone, half of it, all of it; a batch lost or written. What it assumes of the database is
// its contract, one atomic batch: the real one is killed at random in level-store.test.ts.

import { ALL_CRASHES, type CrashKeeps } from "../../src/adapters/memory/memory-disk.ts";
import type { BatchKeeps } from "../../src/adapters/memory/memory-store.ts";
import type { PointKind } from "../world/process-gate.ts";
import { type PlannedDeath, playCrash } from "./crash-scenario.ts";

export interface CrashPointsOptions {
  /** Visit each `stride`-th death only; the first is `offset`. Default 1 and 0: all. */
  readonly stride?: number;
  readonly offset?: number;
  /** A planted bug: log and sign state are gone after each death. */
  readonly forgetful?: boolean;
  /** A planted bug: no disk makes anything durable. */
  readonly lyingDisks?: boolean;
}

export interface CrashPointsReport {
  /** Boundaries of all nodes in the script, by what lies behind them. */
  readonly points: Readonly<Record<PointKind, number>>;
  /** Deaths that exist, and those that were tried. */
  readonly deaths: number;
  readonly tried: number;
  /** Tried: the node came back, signed again, and all went on with one chain. */
  readonly recovered: number;
  readonly doubleSigns: number;
  /** At most MAX_FAILURES, each with the death that shows it. */
  readonly failures: readonly string[];
}

type Death = Omit<PlannedDeath, "forgetful" | "lyingDisks">;

const MAX_FAILURES = 20;
/** Every so many points, all nodes lose power at once; and, elsewhere, the start fails too. */
const ALL_EVERY = 5;
const AGAIN_EVERY = 3;
/** The points of a start that a second death visits in turn. */
const START_POINTS = 12;
const MAX_DOWN_MS = 400;

/** Tries the deaths; all of them take minutes, a stride of 100 seconds. */
export function crashPoints(options: CrashPointsOptions = {}): CrashPointsReport {
  const { stride = 1, offset = 0, forgetful = false, lyingDisks = false } = options;
  const points = { disk: 0, send: 0, store: 0 };
  const deaths: Death[] = [];
  const { traces, failure } = playCrash(0);
  if (failure !== undefined) throw new Error(`the script fails without a death: ${failure}`);
  for (const [node, trace] of traces.entries()) {
    for (const kind of trace) points[kind]++;
    deaths.push(...trace.flatMap((kind, point) => deathsAt(node, point, kind)));
  }
  const failures: string[] = [];
  let [tried, recovered, doubleSigns] = [0, 0, 0];
  for (let i = offset; i < deaths.length; i += stride) {
    const death = deaths[i];
    if (death === undefined) break;
    const outcome = playCrash(death.node, { ...death, forgetful, lyingDisks });
    tried++;
    doubleSigns += outcome.doubleSigns;
    if (outcome.failure === undefined) recovered++;
    else if (failures.length < MAX_FAILURES) {
      failures.push(`${JSON.stringify(death)}: ${outcome.failure}`);
    }
  }
  return { points, deaths: deaths.length, tried, recovered, doubleSigns, failures };
}

/** Every way to die at one point: alone, in places with all others, in places twice. */
function deathsAt(node: number, point: number, kind: PointKind): readonly Death[] {
  // Before a frame nothing is on its way to the disk; what may be there is visited all the same.
  const disks: readonly CrashKeeps[] = kind === "send" ? ["nothing", "everything"] : ALL_CRASHES;
  const batches: readonly BatchKeeps[] = kind === "send" ? ["lost"] : ["lost", "kept"];
  const downMs = (point * 37) % MAX_DOWN_MS;
  const alone = disks.flatMap((disk) =>
    batches.map((batch) => ({
      node,
      point,
      losses: { disk, batch },
      downMs,
      all: false,
      again: undefined,
    })),
  );
  const all = alone.slice(0, point % ALL_EVERY === 0 ? 4 : 0);
  const again = alone.slice(0, point % AGAIN_EVERY === 0 ? 2 : 0);
  return [
    ...alone,
    ...all.map((death) => ({ ...death, all: true })),
    ...again.map((death) => ({ ...death, again: point % START_POINTS })),
  ];
}
