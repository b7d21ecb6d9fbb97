// Links that are dead for good: all shapes in which the honest validators still reach each other, each
// over links that stand both ways, while f others are silent. What is promised then: the chain goes on
// (docs/consensus.md).

import { faultyPower } from "../../src/crypto/certificate.ts";
import { newRng, type Rng } from "../world/rng.ts";

/** The f validators that say nothing where links are dead. */
export function silentOnes(seed: number, nodes: number): readonly number[] {
  const first = newRng(seed, "silent").int(nodes);
  return Array.from({ length: faultyPower(nodes) }, (_, place) => (first + place) % nodes);
}

type Way = readonly [from: number, to: number];

/** A ring, a star, or a random connected graph of the others; of the rest some stand, some one way only. */
export function drawDeadLinks(nodes: number, silent: readonly number[], rng: Rng): readonly Way[] {
  const honest = shuffled(
    [...Array(nodes).keys()].filter((index) => !silent.includes(index)),
    rng,
  );
  const standing = new Set(linksOf(honest, rng).flatMap(([a, b]) => [keyOf(a, b), keyOf(b, a)]));
  const kept = rng.pick([0, 0, 0.2, 0.5]);
  const dead: Way[] = [];
  for (const from of honest) {
    for (const to of honest) {
      if (from !== to && !standing.has(keyOf(from, to)) && !rng.chance(kept)) dead.push([from, to]);
    }
  }
  return dead;
}

/** Links that connect all of `members`. */
function linksOf(members: readonly number[], rng: Rng): readonly Way[] {
  const at = (place: number): number => members[place % members.length] ?? 0;
  switch (rng.pick(["ring", "star", "graph", "graph"])) {
    case "ring":
      return members.map((member, place) => [member, at(place + 1)]);
    case "star":
      return members.slice(1).map((member) => [at(0), member]);
    default:
      // A random tree: each joins one that is in already.
      return members.slice(1).map((member, place) => [at(rng.int(place + 1)), member]);
  }
}

const keyOf = (from: number, to: number): number => from * 1_000 + to;

function shuffled(list: readonly number[], rng: Rng): readonly number[] {
  const mixed = [...list];
  for (let place = mixed.length - 1; place > 0; place--) {
    const other = rng.int(place + 1);
    const [a = 0, b = 0] = [mixed[place], mixed[other]];
    mixed[place] = b;
    mixed[other] = a;
  }
  return mixed;
}
