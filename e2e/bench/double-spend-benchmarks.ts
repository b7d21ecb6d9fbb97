// net.double-spend: 10,000 pairs of payments that spend the same coin, sent to four real daemons while their links
// are cut (double-spends.ts). Takes four minutes, and ends after twenty at most, as each wait in it has its bound.
// Alone, with fewer pairs: `node e2e/bench/double-spend-benchmarks.ts --pairs 500`.

import { parseArgs } from "node:util";
import { compiledDaemon } from "../tools/processes/compiled-daemon.ts";
import { CuttableLinks } from "../tools/processes/cuttable-links.ts";
import {
  balanceAt,
  finalIds,
  type Pairs,
  sendUnderCuts,
  settled,
  signPairs,
} from "../tools/processes/double-spends.ts";
import { LocalNetwork } from "../tools/processes/local-network.ts";
import { type Outcome, outcomeOf } from "../tools/processes/pair-outcome.ts";
import { SpreadCoins } from "../tools/processes/spread-coins.ts";
import { type Benchmark, type Measurement, type Say, seconds } from "./benchmark.ts";

const VALIDATORS = 4;
const PAIRS = 10_000;
const INTERVAL_MS = 500;
const START_MS = 120_000;
const SETTLED_HEIGHT = 3;

interface Trial {
  readonly outcome: Outcome;
  /** Nodes at which the balances of sender and payees are not what the outcome says. */
  readonly wrongBalances: number;
  readonly forks: number;
  readonly heights: number;
  readonly refusedBoth: number;
  readonly refusedOne: number;
  readonly elapsedMs: number;
}

async function wrongBalances(
  network: LocalNetwork,
  expected: readonly (readonly [address: string, satoshi: bigint])[],
): Promise<number> {
  const wrong = network.nodes.map(async (_, node) => {
    const found = await Promise.all(
      expected.map(
        async ([address, satoshi]) => (await balanceAt(network, node, address)) === satoshi,
      ),
    );
    return found.every(Boolean) ? 0 : 1;
  });
  return (await Promise.all(wrong)).reduce((sum: number, one) => sum + one, 0);
}

const refusals = ({ pairs }: Pairs, count: number): number =>
  pairs.filter(({ sides }) => sides.filter(({ refusal }) => refusal !== undefined).length === count)
    .length;

async function runPairs(
  network: LocalNetwork,
  links: CuttableLinks,
  count: number,
  say: Say,
): Promise<Trial> {
  const coins = new SpreadCoins(network);
  const parts = await coins.many(count);
  const from = await settled(network);
  const ownBefore = await balanceAt(network, 0, coins.address);
  const signed = signPairs(coins, parts, VALIDATORS);
  say(`${parts.length} coins; two payments of each are signed`);
  const startedAtMs = performance.now();
  await sendUnderCuts(network, { coins, links, pairs: signed.pairs }, say);
  const to = await settled(network);
  const elapsedMs = performance.now() - startedAtMs;
  say(`all pools are empty at height ${to}`);
  const range = { from, to };
  const final = await Promise.all(network.nodes.map((_, node) => finalIds(network, node, range)));
  const outcome = outcomeOf(signed.pairs, final);
  const spent = parts.reduce((sum, { value }) => sum + value, 0n);
  const [first, second] = signed.payees;
  return {
    outcome,
    wrongBalances: await wrongBalances(network, [
      [coins.address, ownBefore - spent],
      [first, outcome.paid[0]],
      [second, outcome.paid[1]],
    ]),
    forks: (await network.forks(to)).length,
    heights: to,
    refusedBoth: refusals(signed, 2),
    refusedOne: refusals(signed, 1),
    elapsedMs,
  };
}

async function measurePairs(say: Say, scale: number): Promise<Measurement> {
  const count = Math.max(10, Math.round(PAIRS * scale));
  const parameters = { emptyBlockIntervalMs: INTERVAL_MS };
  const network = await LocalNetwork.create(VALIDATORS, parameters, { entry: compiledDaemon() });
  const links = await CuttableLinks.open(network);
  try {
    network.startAll();
    await Promise.all(network.nodes.map((node) => node.waitForHeight(SETTLED_HEIGHT, START_MS)));
    const trial = await runPairs(network, links, count, say);
    const { outcome, forks } = trial;
    const isClean = outcome.twice === 0 && outcome.unequal === 0 && outcome.none.length === 0;
    const holds = outcome.decided === count && isClean && trial.wrongBalances === 0 && forks === 0;
    return {
      figure: `${outcome.decided} of ${count} pairs decided once and the same everywhere, ${outcome.none.length} with none final, ${outcome.twice} with both, ${trial.wrongBalances} nodes with wrong balances`,
      pass: scale === 1 && holds,
      detail: `${VALIDATORS} daemons, ${trial.heights} heights, ${forks} forks, ${seconds(trial.elapsedMs)} from the first payment to empty pools; the second payment won ${outcome.secondWon} times; ${trial.refusedOne} pairs with one refused at once, ${trial.refusedBoth} with both`,
    };
  } finally {
    await network.remove();
    await links.close();
  }
}

export const DOUBLE_SPEND_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "net.double-spend",
    bar: "of each pair exactly one is final, the same everywhere; balances exact",
    what: "10,000 pairs that spend the same coin, sent to different nodes while links are cut",
    measure: measurePairs,
  },
];

if (import.meta.main) {
  const { values } = parseArgs({ options: { pairs: { type: "string", default: `${PAIRS}` } } });
  const say: Say = (line) => process.stderr.write(`${line}\n`);
  const { figure, detail, pass } = await measurePairs(say, Number(values.pairs) / PAIRS);
  process.stdout.write(`${figure}; ${detail}\n`);
  process.exitCode = pass ? 0 : 1;
}
