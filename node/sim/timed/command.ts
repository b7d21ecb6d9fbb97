// npm run sim -- --mode timed: what production nodes take, on links with delays and on processors that are
// busy. One table a command, as markdown or as one line of JSON. Answers the exit code: 0, or 2 for a wrong
// option. Called by main.ts of the simulator.

import { parseArgs } from "node:util";
import { admitValidators } from "./more-validators.ts";
import type { ScalingOptions } from "./scaling.ts";

const USAGE = `npm run sim -- --mode timed [--json] and one of
  --table view-change|round-zero [--scale S]
  --table scaling [--nodes 4,16] [--delays 0,50,regions] [--votes mesh,leader] [--cores own|K]
    [--heights H] [--warm-up H] [--interval MS] [--megabits M] [--late SHARE] [--unordered]
    [--seed N]`;

const text = (value: string) => ({ type: "string", default: value }) as const;

const OPTIONS = {
  mode: text("timed"),
  table: text("scaling"),
  scale: text("1"),
  nodes: text("4"),
  delays: text("50"),
  votes: text("mesh"),
  cores: text("own"),
  heights: text("10"),
  "warm-up": text("3"),
  interval: text("1000"),
  megabits: text("1000"),
  late: text("0.01"),
  unordered: { type: "boolean", default: false },
  seed: text("1"),
  json: { type: "boolean", default: false },
} as const;

/** What the protocol admits; larger networks need a higher bound. */
const ADMITTED = 256;

export interface Console {
  log(line: string): void;
  error(line: string): void;
}

export const isTimed = (args: readonly string[]): boolean =>
  args.some((arg, i) => arg === "--mode=timed" || (arg === "--mode" && args[i + 1] === "timed"));

/** Runs `npm run sim -- --mode timed <args>`. */
export async function timedCommand(args: readonly string[], out: Console): Promise<0 | 2> {
  if (args.includes("--help")) {
    out.log(`usage: ${USAGE}`);
    return 0;
  }
  let values: Values;
  let wanted: readonly ScalingOptions[];
  try {
    values = parseArgs({ args: [...args], options: OPTIONS }).values;
    wanted = scalingOptions(values);
    if (!["scaling", "view-change", "round-zero"].includes(values.table)) {
      throw new RangeError("--table is scaling, view-change or round-zero");
    }
  } catch (cause) {
    out.error(`error: ${(cause as Error).message}\nusage: ${USAGE}`);
    return 2;
  }
  if (values.table === "scaling") await scaling(wanted, values.json, out);
  else await table(values, out);
  return 0;
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

async function table(values: Values, out: Console): Promise<void> {
  const tables = await import("./tables.ts");
  const options = {
    scale: number("scale", values.scale, 0.001),
    say: (line: string) => out.error(line),
  };
  if (values.table === "view-change") {
    const viewChange = tables.viewChangeTable(options);
    out.log(values.json ? JSON.stringify({ viewChange }) : tables.viewChangeMarkdown(viewChange));
  } else {
    const roundZero = tables.roundZeroTable(options);
    out.log(values.json ? JSON.stringify({ roundZero }) : tables.roundZeroMarkdown(roundZero));
  }
}

async function scaling(
  wanted: readonly ScalingOptions[],
  isJson: boolean,
  out: Console,
): Promise<void> {
  const most = Math.max(...wanted.map(({ nodes }) => nodes));
  if (most > ADMITTED) admitValidators(most);
  const { scalingMarkdown, scalingRow } = await import("./scaling.ts");
  const rows = wanted.map((options) => {
    const row = scalingRow(options);
    const { nodes, votes, delayMs, tookSeconds } = row;
    out.error(`${nodes} validators, ${votes}, ${delayMs}: took ${tookSeconds.toFixed(0)} s`);
    return row;
  });
  out.log(isJson ? JSON.stringify({ rows }) : scalingMarkdown(rows));
}

/** One for each size, kind of votes and delay. */
function scalingOptions(values: Values): readonly ScalingOptions[] {
  const sizes = values.nodes.split(",").map((size) => whole("nodes", size, 1));
  const delays = values.delays
    .split(",")
    .map((given) => (given === "regions" ? given : number("delays", given, 0)));
  const votes = values.votes.split(",").map((given) => {
    if (given !== "mesh" && given !== "leader") throw new RangeError("--votes: mesh or leader");
    return given;
  });
  const shared = {
    cores: values.cores === "own" ? ("own" as const) : whole("cores", values.cores, 1),
    heights: whole("heights", values.heights, 1),
    warmUpHeights: whole("warm-up", values["warm-up"], 1),
    emptyBlockIntervalMs: whole("interval", values.interval, 1),
    megabitsPerSecond: number("megabits", values.megabits, 0.001),
    lateShare: number("late", values.late, 0),
    inOrder: !values.unordered,
    seed: whole("seed", values.seed, 0),
  };
  return sizes.flatMap((nodes) =>
    votes.flatMap((way) => delays.map((delayMs) => ({ nodes, votes: way, delayMs, ...shared }))),
  );
}

function number(name: string, given: string, least: number): number {
  const value = Number(given);
  if (!Number.isFinite(value) || value < least) {
    throw new RangeError(`--${name} is a number from ${least}, not "${given}"`);
  }
  return value;
}

function whole(name: string, given: string, least: number): number {
  const value = number(name, given, least);
  if (!Number.isSafeInteger(value)) throw new RangeError(`--${name} is a whole number`);
  return value;
}
