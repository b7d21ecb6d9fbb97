// What a twins run is told, as in the scenarios of the Twins paper: for each of the rounds 0 to 6 who leads
// it, and which processes hear each other in it. Five processes: validators 0 to 3, and process 4, which
// holds the key of validator 0. Of two scenarios that differ only in the names of the
// honest three or of the two copies, one is enough: so the first three rounds are covered whole.

import { newRng } from "../world/rng.ts";

export const TWINS_ROUNDS = 7;
const EXHAUSTIVE_ROUNDS = 3;
export const TWINS_VALIDATORS = 4;
/** Holds the key of validator 0. */
const COPY = 4;

/** One round: its leader and its two groups of processes, as leader × 16 + who is not with process 0. */
type RoundCode = number;
const CODES = TWINS_VALIDATORS * 16;

export interface TwinsScenario {
  /** By round: a validator's index. */
  readonly leaders: readonly number[];
  /** By round and process: 0 or 1. */
  readonly groups: readonly (readonly number[])[];
}

const leaderIn = (code: RoundCode): number => code >> 4;
const groupIn = (code: RoundCode, process: number): number =>
  process === 0 ? 0 : (code >> (process - 1)) & 1;
const PROCESSES = [0, 1, 2, 3, COPY];

/** What becomes of every round where process p is called `names[p]`. */
function renamed(names: readonly number[]): readonly RoundCode[] {
  return Array.from({ length: CODES }, (_, code) => {
    const groups = PROCESSES.map((process) => groupIn(code, names.indexOf(process)));
    const leader = leaderIn(code) === 0 ? 0 : (names[leaderIn(code)] ?? 0);
    const apart = PROCESSES.slice(1).map((process) => (groups[process] === groups[0] ? 0 : 1));
    return leader * 16 + apart.reduce<number>((bits, bit, place) => bits | (bit << place), 0);
  });
}

const HONEST_ORDERS = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
];
const RENAMINGS = HONEST_ORDERS.flatMap((order) => [
  renamed([0, ...order, COPY]),
  renamed([COPY, ...order, 0]),
]);

const numberOf = (rounds: readonly RoundCode[]): number =>
  rounds.reduce((number, code) => number * CODES + code, 0);

let firstRounds: readonly (readonly RoundCode[])[] | undefined;

/** All beginnings, one of each kind; made on first use. */
function beginnings(): readonly (readonly RoundCode[])[] {
  if (firstRounds !== undefined) return firstRounds;
  const made: (readonly RoundCode[])[] = [];
  for (let number = 0; number < CODES ** EXHAUSTIVE_ROUNDS; number++) {
    const rounds = [
      Math.floor(number / CODES ** 2),
      Math.floor(number / CODES) % CODES,
      number % CODES,
    ];
    const isFirst = RENAMINGS.every(
      (names) => numberOf(rounds.map((code) => names[code] ?? 0)) >= number,
    );
    if (isFirst) made.push(rounds);
  }
  firstRounds = made;
  return made;
}

/** Seeds from 0 to here, exclusively, go through all beginnings; those from here on are drawn. */
export const exhaustiveSeeds = (): number => beginnings().length;

/** The scenario of a seed. What the beginnings leave open is drawn. */
export function twinsScenario(seed: number): TwinsScenario {
  const rng = newRng(seed);
  const begun = beginnings()[seed] ?? [];
  const codes = Array.from(
    { length: TWINS_ROUNDS },
    (_, round): RoundCode => begun[round] ?? rng.int(CODES),
  );
  return {
    leaders: codes.map(leaderIn),
    groups: codes.map((code) => PROCESSES.map((process) => groupIn(code, process))),
  };
}

/** One line: `0 leads {0 1 | 2 3 0'}; …`, a round after the other. */
export function showTwins({ leaders, groups }: TwinsScenario): string {
  const names = PROCESSES.map((process) => (process === COPY ? "0'" : String(process)));
  const rounds = groups.map((sides, round) => {
    const side = (group: number) =>
      names.filter((_, process) => sides[process] === group).join(" ");
    const apart = side(1) === "" ? "" : ` | ${side(1)}`;
    return `${leaders[round] ?? 0} leads {${side(0)}${apart}}`;
  });
  return rounds.join("; ");
}
