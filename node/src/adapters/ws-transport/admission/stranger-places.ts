// Which stranger's inbound link makes room for a newcomer. Pure; asked by the link table where all places
// for strangers are taken. Nobody gains by many links from one place: the group of addresses with most links
// gives one up, and within it the one that behaved worst, then the youngest. So links that have stood for
// long stay, and a newcomer of a group that has as many links as any other is refused.

export interface Place {
  readonly group: string;
  /** Points for misdeeds. */
  readonly score: number;
  readonly connectedAtMs: number;
}

/** Points from which a link goes before any other, whatever its group. */
const BAD_SCORE = 25;

/** The place that a newcomer of `group` takes, or undefined where it is refused. */
export function placeToGive<P extends Place>(places: readonly P[], group: string): P | undefined {
  const sizes = new Map<string, number>();
  for (const place of places) sizes.set(place.group, (sizes.get(place.group) ?? 0) + 1);
  const sizeOf = (place: Place): number => sizes.get(place.group) ?? 0;
  let worst: P | undefined;
  for (const place of places) {
    if (worst === undefined || isWorse(place, worst, sizeOf)) worst = place;
  }
  if (worst === undefined) return undefined;
  const isDeserved = worst.score >= BAD_SCORE || sizeOf(worst) > (sizes.get(group) ?? 0);
  return isDeserved ? worst : undefined;
}

function isWorse(a: Place, b: Place, sizeOf: (place: Place) => number): boolean {
  const [aIsBad, bIsBad] = [a.score >= BAD_SCORE, b.score >= BAD_SCORE];
  if (aIsBad !== bIsBad) return aIsBad;
  if (aIsBad && a.score !== b.score) return a.score > b.score;
  if (sizeOf(a) !== sizeOf(b)) return sizeOf(a) > sizeOf(b);
  if (a.score !== b.score) return a.score > b.score;
  return a.connectedAtMs > b.connectedAtMs;
}
