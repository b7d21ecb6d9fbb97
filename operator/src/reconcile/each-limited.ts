/**
 * Runs `work` over all items, a few at a time, each to its end. The first failure in the order of the
 * items is thrown when all have ended, so that one bad object does not keep the others from being
 * written.
 */
import pLimit from "p-limit";

export async function eachLimited<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const limited = pLimit(limit);
  const ends = await Promise.allSettled(items.map((item) => limited(work, item)));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
