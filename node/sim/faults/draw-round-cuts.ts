// Which steps of which rounds do not pass which ways, in the first rounds of one height of three or of more:
// by chance, or so that a lock has to move. What one round has left meets the next one.

import { quorumPower } from "../../src/crypto/certificate.ts";
import type { Rng } from "../world/rng.ts";
import type { RoundCut } from "./plan.ts";

const STEPS = ["proposal", "prevote", "precommit"] as const;
/** Of the ways, those that a step does not pass. */
const SHARES = [0, 0.15, 0.3, 0.5] as const;
const LARGE_SHARE = 0.5;
/** How often one validator alone is to see the first round's polka. */
const LONE = 0.5;

export function drawRoundCuts(nodes: number, rng: Rng): readonly RoundCut[] {
  const heights = rng.pick([1, 1, 2, 3]);
  const first = rng.int(3);
  return Array.from({ length: heights }, (_, place) => (first + place) % 3).flatMap(
    (heightOfThree) =>
      rng.chance(LONE) ? lonePolka(nodes, heightOfThree, rng) : anyWays(nodes, heightOfThree, rng),
  );
}

function anyWays(nodes: number, heightOfThree: number, rng: Rng): readonly RoundCut[] {
  const rounds = [0, 1, 2].slice(0, rng.pick([1, 2, 2, 3]));
  return rounds.flatMap((round) =>
    STEPS.flatMap((step) => {
      const share = rng.pick(SHARES);
      const ways = waysOf(nodes, () => rng.chance(share));
      return share > 0 ? [{ round, step, heightOfThree, ways }] : [];
    }),
  );
}

/**
 * As many as a quorum can do without do not see the proposal and vote nil; of the others one is not heard, and
 * so has the polka alone: it locks. The next round has a new block, for which all but that one can vote;
 * what they then lock on is seldom decided at once.
 */
function lonePolka(nodes: number, heightOfThree: number, rng: Rng): readonly RoundCut[] {
  const lone = rng.int(nodes);
  const blind = nodes - quorumPower(nodes);
  const isBlind = (index: number): boolean => {
    const place = (index - lone + nodes) % nodes;
    return place > 0 && place <= blind;
  };
  return [
    { round: 0, step: "proposal", heightOfThree, ways: waysOf(nodes, (_, to) => isBlind(to)) },
    { round: 0, step: "prevote", heightOfThree, ways: waysOf(nodes, (from) => from === lone) },
    {
      round: 1,
      step: "precommit",
      heightOfThree,
      ways: waysOf(nodes, () => rng.chance(LARGE_SHARE)),
    },
  ];
}

/** By from × nodes + to: 1 where nothing passes. */
const waysOf = (nodes: number, isCut: (from: number, to: number) => boolean): readonly number[] =>
  Array.from({ length: nodes * nodes }, (_, way) =>
    Number(isCut(Math.floor(way / nodes), way % nodes)),
  );
