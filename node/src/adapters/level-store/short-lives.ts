// How often in a row a process has ended within a minute after it had opened this database, without closing it.
// LevelDB aborts the process, with an assertion and without an error, where the keys of a damaged table are out
// of order when it merges tables. So a database that ends its process again and again is likely damaged, and
// nobody else can say so. The count is in a file beside the database; whoever is killed counts, too.

import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** Whoever lives so long was not ended by what the start set off. */
const SETTLED_MS = 60_000;

const nameOf = (directory: string): string => `${directory}.short-lives`;

export interface Life {
  /** Lives in a row before this one that were short. */
  readonly shortBefore: number;
  /** It ends in order. */
  end(): void;
}

/** A process begins to use the database. A count that cannot be read or written is none. */
export function beginLife(directory: string, settledMs = SETTLED_MS): Life {
  const shortBefore = countIn(directory);
  write(directory, shortBefore + 1);
  const forget = (): void => rmSync(nameOf(directory), { force: true });
  const timer = setTimeout(forget, settledMs);
  timer.unref();
  return {
    shortBefore,
    end: () => {
      clearTimeout(timer);
      forget();
    },
  };
}

function countIn(directory: string): number {
  try {
    const count = Number(readFileSync(nameOf(directory), "utf8"));
    return Number.isSafeInteger(count) && count > 0 ? count : 0;
  } catch {
    return 0;
  }
}

function write(directory: string, count: number): void {
  try {
    writeFileSync(nameOf(directory), `${count}\n`);
  } catch {
    // The database itself will say what is wrong with the disk.
  }
}
