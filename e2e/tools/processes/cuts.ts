// The shapes in which a network of daemons is cut, as lists of members: who no longer reaches whom. Pure. Used by
// the benchmarks net.partition and net.double-spend.

/** One member, and one that its bytes no longer reach. */
export interface CutWay {
  readonly from: number;
  readonly to: number;
}

const bothWays = (from: number, to: number): readonly CutWay[] => [
  { from, to },
  { from: to, to: from },
];

/** The first `few` of `members` send nothing to the others. */
export function oneWay(members: number, few: number): readonly CutWay[] {
  const first = Array.from({ length: few }, (_, place) => place);
  const others = Array.from({ length: members - few }, (_, place) => few + place);
  return first.flatMap((from) => others.map((to) => ({ from, to })));
}

/** The first `few` of `members` and the others are apart. */
export function groups(members: number, few: number): readonly CutWay[] {
  return oneWay(members, few).flatMap(({ from, to }) => bothWays(from, to));
}

/** Each reaches its two neighbours on a circle only. */
export function ring(members: number): readonly CutWay[] {
  const cuts: CutWay[] = [];
  for (let one = 0; one < members; one++) {
    for (let other = one + 2; other < members; other++) {
      if (other - one < members - 1) cuts.push(...bothWays(one, other));
    }
  }
  return cuts;
}
