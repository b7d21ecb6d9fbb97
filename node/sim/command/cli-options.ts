// The options of the simulator's command line.

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { MAX_VALIDATORS } from "../../src/types/limits.ts";
import { drawFaults } from "../faults/draw.ts";
import type { FaultName, PlanChange } from "../faults/plan.ts";
import { FAULT_NAMES } from "../faults/weights.ts";
import { TWINS_VALIDATORS } from "../modes/twins-scenario.ts";
import { plantedName } from "../planted/plant.ts";
import { PLANTED_BUGS } from "../planted/planted-bugs.ts";
import { DEFAULT_MODE, MIXED_SIZES, MODES, type Mode } from "./run-request.ts";

export interface CliOptions {
  readonly seed: number;
  /** Runs of each size; undefined where time is the bound. */
  readonly runs: number;
  readonly seconds: number | undefined;
  readonly sizes: readonly number[];
  readonly heights: number;
  readonly jobs: number;
  readonly faulty: "f" | "f+1";
  readonly change: PlanChange;
  readonly only: readonly FaultName[] | undefined;
  readonly without: readonly FaultName[];
  /** A coverage counter at zero is a failure. */
  readonly covers: boolean;
  readonly json: boolean;
  readonly trace: boolean;
  readonly mode: Mode;
  readonly twins: boolean;
  /** Give way to everything else on the machine. */
  readonly idle: boolean;
}

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

const OPTIONS = {
  seed: { ...text, default: "1" },
  runs: { ...text, default: "1" },
  nodes: { ...text, default: "4" },
  heights: { ...text, default: "8" },
  jobs: { ...text, default: "1" },
  mode: { ...text, default: DEFAULT_MODE },
  seconds: text,
  minutes: text,
  faulty: { ...text, default: "f" },
  plan: { ...text, default: "{}" },
  "only-faults": text,
  without: { ...text, default: "" },
  plant: text,
  covers: flag,
  json: flag,
  trace: flag,
  twins: flag,
  idle: flag,
} as const;

export const USAGE = `npm run sim -- [--seed N|today] [--nodes 4,7|mixed] [--heights H] [--mode fast|whole|timed]
  [--runs N | --seconds S | --minutes M] [--jobs N|all] [--idle] [--json] [--trace] [--covers]
  [--only-faults a,b] [--without a,b] [--plan JSON] [--faulty f|f+1] [--twins]
  [--plant "bug"]
  --mode timed has options of its own: npm run sim -- --mode timed --help
  What each option does: node/sim/README.md`;

/** @throws RangeError or TypeError with the reason where an option is wrong. */
export function readOptions(args: readonly string[], nowMs: number): CliOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { faulty, covers, json, trace, twins, idle } = values;
  // It has to be there before the simulator is: main.ts plants it.
  if (values.plant !== plantedName()) {
    throw new RangeError(`--plant is one of: ${PLANTED_BUGS.map(({ name }) => name).join("; ")}`);
  }
  if (faulty !== "f" && faulty !== "f+1") throw new RangeError("--faulty is f or f+1");
  const mode = modeOf(values.mode);
  if (twins && (mode !== DEFAULT_MODE || faulty !== "f")) {
    throw new RangeError("--twins is four fast nodes, one of them twinned: no --mode, no f+1");
  }
  const only = values["only-faults"];
  return {
    seed: values.seed === "today" ? seedOfDay(nowMs) : number("seed", values.seed, 0),
    runs: number("runs", values.runs, 1),
    seconds: secondsOf(values),
    sizes: twins ? [TWINS_VALIDATORS] : sizesOf(values.nodes),
    heights: twins ? 1 : number("heights", values.heights, 1),
    jobs: values.jobs === "all" ? availableParallelism() : number("jobs", values.jobs, 1),
    faulty,
    change: changeOf(values.plan),
    only: only === undefined ? undefined : faultsIn("only-faults", only),
    without: faultsIn("without", values.without),
    covers,
    json,
    trace,
    mode,
    twins,
    idle,
  };
}

const sizesOf = (given: string): readonly number[] =>
  given === "mixed" ? [MIXED_SIZES] : given.split(",").map(sizeOf);

function sizeOf(given: string): number {
  const size = number("nodes", given, 1);
  if (size <= MAX_VALIDATORS) return size;
  throw new RangeError(`--nodes is at most ${MAX_VALIDATORS}, not ${size}`);
}

function modeOf(given: string): Mode {
  const mode = MODES.find((known) => known === given);
  if (mode === undefined) throw new RangeError(`--mode is one of: ${MODES.join(", ")}, timed`);
  return mode;
}

/** Room for ten million runs a day. */
const SEEDS_A_DAY = 10_000_000;
const DAY_MS = 86_400_000;

const seedOfDay = (nowMs: number): number => Math.floor(nowMs / DAY_MS) * SEEDS_A_DAY;

function secondsOf(values: { readonly seconds?: string; readonly minutes?: string }) {
  if (values.minutes !== undefined) return number("minutes", values.minutes, 1) * 60;
  return values.seconds === undefined ? undefined : number("seconds", values.seconds, 1);
}

/** "none" and nothing are no fault. */
function faultsIn(option: string, given: string): readonly FaultName[] {
  const names = given === "" || given === "none" ? [] : given.split(",");
  return names.map((name) => {
    const fault = FAULT_NAMES.find((known) => known === name);
    if (fault !== undefined) return fault;
    throw new RangeError(`--${option} knows no "${name}", but: ${FAULT_NAMES.join(", ")}`);
  });
}

function changeOf(json: string): PlanChange {
  let change: unknown;
  try {
    change = JSON.parse(json);
  } catch {
    throw new RangeError("--plan is JSON: parts of a fault plan as a failing run prints them");
  }
  if (typeof change !== "object" || change === null || Array.isArray(change)) {
    throw new RangeError("--plan is a JSON object");
  }
  const drawn = new Map<string, unknown>(Object.entries(drawFaults({ seed: 0, nodes: 1 })));
  for (const [part, value] of Object.entries(change)) {
    if (!drawn.has(part)) {
      throw new RangeError(`--plan has no "${part}", but: ${[...drawn.keys()].join(", ")}`);
    }
    const kind = Array.isArray(drawn.get(part)) ? "a list" : "a number";
    const isOfKind = kind === "a list" ? Array.isArray(value) : typeof value === "number";
    if (!isOfKind) throw new RangeError(`--plan: "${part}" is ${kind}`);
  }
  return change;
}

function number(name: string, given: string, least: number): number {
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`--${name} is a whole number from ${least}, not "${given}"`);
  }
  return value;
}
