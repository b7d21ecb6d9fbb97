// The options of the simulator's command line.

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { faultPlanOf } from "../core/nemesis.ts";
import { planOf } from "../faults/fault-plan.ts";
import { TWINS_VALIDATORS } from "../modes/twins-scenario.ts";
import { DEFAULT_MODE, MODES, type Mode, plantsOf, type RunRequest } from "./run-request.ts";

export interface CliOptions {
  readonly seed: number;
  /** Runs of each size; undefined where time is the bound. */
  readonly runs: number;
  readonly seconds: number | undefined;
  readonly sizes: readonly number[];
  readonly heights: number;
  readonly jobs: number;
  readonly faulty: "f" | "f+1";
  readonly change: RunRequest["change"];
  readonly deep: boolean;
  readonly json: boolean;
  readonly trace: boolean;
  readonly mode: Mode;
  readonly twins: boolean;
  /** Give way to everything else on the machine. */
  readonly idle: boolean;
  readonly plant: string | undefined;
}

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

const OPTIONS = {
  seed: { ...text, default: "1" },
  runs: { ...text, default: "1" },
  nodes: { ...text, default: "4" },
  heights: { ...text, default: "8" },
  jobs: { ...text, default: "1" },
  seconds: text,
  minutes: text,
  faulty: { ...text, default: "f" },
  plan: { ...text, default: "{}" },
  plant: text,
  deep: flag,
  json: flag,
  trace: flag,
  mode: { ...text, default: DEFAULT_MODE },
  twins: flag,
  idle: flag,
} as const;

/** @throws RangeError or TypeError with the reason where an option is wrong. */
export function readOptions(args: readonly string[], nowMs: number): CliOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { plant, faulty, deep, json, trace, twins, idle } = values;
  const mode = modeOf(values.mode);
  const plants = plantsOf({ mode });
  if (plant !== undefined && !plants.includes(plant)) {
    throw new RangeError(`--plant is one of: ${plants.join("; ")}`);
  }
  if (faulty !== "f" && faulty !== "f+1") throw new RangeError("--faulty is f or f+1");
  if (twins && (mode !== DEFAULT_MODE || faulty !== "f")) {
    throw new RangeError(
      "--twins is one run of four cores, one of them twinned: no --mode, no f+1",
    );
  }
  return {
    seed: values.seed === "today" ? seedOfDay(nowMs) : number("seed", values.seed, 0),
    runs: number("runs", values.runs, 1),
    seconds: secondsOf(values),
    sizes: twins
      ? [TWINS_VALIDATORS]
      : values.nodes.split(",").map((size) => number("nodes", size, 1)),
    heights: twins ? 1 : number("heights", values.heights, 1),
    jobs: values.jobs === "all" ? availableParallelism() : number("jobs", values.jobs, 1),
    faulty,
    change: changeOf(values.plan, mode),
    deep,
    json,
    trace,
    mode,
    twins,
    idle,
    plant,
  };
}

function modeOf(given: string): Mode {
  const mode = MODES.find((known) => known === given);
  if (mode === undefined) throw new RangeError(`--mode is one of: ${MODES.join(", ")}`);
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

function changeOf(json: string, mode: Mode): RunRequest["change"] {
  let change: unknown;
  try {
    change = JSON.parse(json);
  } catch {
    throw new RangeError("--plan is JSON: parts of a fault plan as a failing run prints them");
  }
  if (typeof change !== "object" || change === null || Array.isArray(change)) {
    throw new RangeError("--plan is a JSON object");
  }
  const any = { seed: 0, nodes: 1 };
  const parts = Object.keys(mode === "core" ? faultPlanOf(any) : planOf(any));
  const unknown = Object.keys(change).find((part) => !parts.includes(part));
  if (unknown === undefined) return change;
  throw new RangeError(`--plan has no "${unknown}" here, but: ${parts.join(", ")}`);
}

function number(name: string, given: string, least: number): number {
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`--${name} is a whole number from ${least}, not "${given}"`);
  }
  return value;
}
