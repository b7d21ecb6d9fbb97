// Links that are dead for good: all shapes in which the honest validators still reach each other, each
// over links that stand both ways, while up to f others are silent, mostly f of them. Each keeps links to f + 1
// validators, silent ones among them: fewer do not let it begin (docs/adr/0013). What is promised then: the
// chain goes on (docs/consensus.md).

import { faultyPower } from "../../src/crypto/certificate.ts";
import { newRng, type Rng } from "../world/rng.ts";

/** How often fewer than f are silent: rounds then fail in other ways, as more votes are seen. */
const FEWER = 0.4;

/** The validators that say nothing where links are dead. */
export function silentOnes(seed: number, nodes: number): readonly number[] {
  const rng = newRng(seed, "silent");
  const first = rng.int(nodes);
  const most = faultyPower(nodes);
  const length = rng.chance(FEWER) ? rng.int(most + 1) : most;
  return Array.from({ length }, (_, place) => (first + place) % nodes);
}

type Way = readonly [from: number, to: number];

/** A ring, a star, or a random connected graph of the others; of the rest some stand, some one way only. */
export function drawDeadLinks(nodes: number, silent: readonly number[], rng: Rng): readonly Way[] {
  const honest = shuffled(
    [...Array(nodes).keys()].filter((index) => !silent.includes(index)),
    rng,
  );
  const standing = new Set(linksOf(honest, rng).flatMap(([a, b]) => [keyOf(a, b), keyOf(b, a)]));
  const needed = faultyPower(nodes) + 1 - silent.length;
  for (const member of honest) {
    const links = () => honest.filter((other) => standing.has(keyOf(member, other)));
    for (const other of shuffled(honest, rng)) {
      if (links().length >= needed) break;
      if (other === member) continue;
      standing.add(keyOf(member, other)).add(keyOf(other, member));
    }
  }
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
