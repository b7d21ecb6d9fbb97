// Which addresses a node tells its peers: of validators and configured peers first, then of strangers, at most
// a few of one group, so that a crowd does not use this node to spread itself. Only what was tried here, or what
// the peer itself said over its own link. Pure.

import type { AddressEntry } from "./address-entry.ts";

const MAX_STRANGERS_OF_GROUP = 4;
/** Failures in a row from which an address is not told, unless a link stands. */
const FAILURES_TO_HIDE = 3;

/** @param first where to begin among those that are protected: the caller goes round, as not all may fit. */
export function worthTelling(
  entries: Iterable<AddressEntry>,
  isProtected: (peerId: string) => boolean,
  first: number,
): readonly string[] {
  const sure: string[] = [];
  const strangers: AddressEntry[] = [];
  for (const entry of entries) {
    const isKnown = entry.isConfigured || entry.isTried || entry.isOwnWord;
    const isUp = entry.linkedSinceMs !== undefined || entry.failures < FAILURES_TO_HIDE;
    if (!isKnown || !isUp) continue;
    if (entry.isConfigured || isProtected(entry.address.id)) sure.push(entry.address.text);
    else strangers.push(entry);
  }
  const start = sure.length === 0 ? 0 : first % sure.length;
  return [...sure.slice(start), ...sure.slice(0, start), ...fewOfEachGroup(strangers)];
}

function fewOfEachGroup(entries: readonly AddressEntry[]): readonly string[] {
  const told = new Map<string, number>();
  const isLinked = (entry: AddressEntry): number => (entry.linkedSinceMs === undefined ? 1 : 0);
  return entries
    .toSorted((a, b) => isLinked(a) - isLinked(b))
    .filter(({ group }) => {
      const count = (told.get(group) ?? 0) + 1;
      told.set(group, count);
      return count <= MAX_STRANGERS_OF_GROUP;
    })
    .map(({ address }) => address.text);
}
