// Name resolution for dials, a few at a time. getaddrinfo blocks a thread of the pool that LevelDB and
// the file system use as well (four by default): dozens of names on a slow DNS would hold up the commit
// of a block. Bounded queue: what does not fit fails like a name server that says "try again", and the
// dialler does. The result is never kept: a pod's address changes when it restarts.

import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";

const MAX_LOOKUPS = 2;
const MAX_WAITING = 64;

/** The system's lookup by default; a test gives its own. */
export function limitedLookup(resolve: LookupFunction = lookup): LookupFunction {
  const waiting: (() => void)[] = [];
  let running = 0;
  const next = (): void => {
    if (running < MAX_LOOKUPS) waiting.shift()?.();
  };
  return (hostname, options, callback) => {
    if (waiting.length >= MAX_WAITING) {
      const error = Object.assign(new Error(`too many lookups wait before ${hostname}`), {
        code: "EAI_AGAIN",
      });
      process.nextTick(() => callback(error, ""));
      return;
    }
    waiting.push(() => {
      running++;
      resolve(hostname, options, (...result) => {
        running--;
        callback(...result);
        next();
      });
    });
    next();
  };
}
