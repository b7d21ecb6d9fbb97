// A small JSON file that a node keeps for its own convenience (bans, addresses of peers): read once at
// start, written a moment after a change, off the event loop's path. A write goes to a second file that
// takes the first one's place, so a crash leaves the old or the new one. A file that cannot be read or is
// not of the schema counts as absent, with a warning: nothing here is needed for safety. It is kept beside the
// new one as `….damaged`, as it may hold what somebody wrote on purpose.

import { readFileSync, renameSync, statSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { z } from "zod";
import type { Clock, Log, Timer } from "../ports.ts";
import { errorCodeOf } from "./disk.ts";

export interface SavedFileParts<S extends z.ZodType> {
  readonly path: string;
  readonly schema: S;
  readonly maxBytes: number;
  /** Changes within this time are written together. */
  readonly delayMs: number;
  /** What is to be written, asked for at the moment of writing. */
  readonly contents: () => z.input<S>;
  readonly clock: Clock;
  readonly log: Log;
}

const OWNER_ONLY = 0o600;

export class SavedFile<S extends z.ZodType> {
  readonly #parts: SavedFileParts<S>;
  #timer: Timer | undefined;
  /** The write in progress, or the last one. */
  #writing: Promise<void> = Promise.resolve();
  #isDirty = false;
  #hasFailed = false;

  constructor(parts: SavedFileParts<S>) {
    this.#parts = parts;
  }

  /** What an earlier process wrote; undefined where there is nothing usable. */
  read(): z.output<S> | undefined {
    const { path, schema, maxBytes, log } = this.#parts;
    try {
      const { size } = statSync(path);
      if (size > maxBytes) throw new RangeError(`${size} bytes, at most ${maxBytes} are read`);
      return schema.parse(JSON.parse(readFileSync(path, "utf8")));
    } catch (error) {
      if (errorCodeOf(error) === "ENOENT") return undefined;
      const kept = `${path}.damaged`;
      const detail = reasonOf(error);
      log.warn({ code: "P2P_FILE_UNREADABLE", path, kept, detail }, "begun anew without it");
      setAside(path, kept);
      return undefined;
    }
  }

  /** Writes soon. */
  changed(): void {
    this.#isDirty = true;
    this.#timer ??= this.#parts.clock.startTimer(this.#parts.delayMs, () => this.#write());
  }

  /** Writes what is not written yet; `done` when no write is under way any more. */
  close(done: () => void): void {
    this.#timer?.cancel();
    this.#write();
    this.#writing.then(done, done);
  }

  #write(): void {
    this.#timer = undefined;
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const { path, contents, log } = this.#parts;
    const text = `${JSON.stringify(contents(), null, 1)}\n`;
    this.#writing = this.#writing
      .then(() => replaceFile(path, text))
      .then(
        () => {
          this.#hasFailed = false;
        },
        (error: unknown) => {
          // Once in a row: a full disk has louder lines than this one.
          const detail = error instanceof Error ? error.message : String(error);
          if (!this.#hasFailed)
            log.warn({ code: "P2P_FILE_UNWRITABLE", path, detail }, "not saved");
          this.#hasFailed = true;
        },
      );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error).replaceAll("\n", " ");
  return error instanceof Error ? error.message : String(error);
}

/** The next write takes its place in any case. */
function setAside(path: string, kept: string): void {
  try {
    renameSync(path, kept);
  } catch {
    // On a disk that takes nothing, the next write will say so.
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, "w", OWNER_ONLY);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
