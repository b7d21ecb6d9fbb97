// Plants a bug in this thread: from now on, modules of node/src are loaded with its edits. It has to come
// before the first import of any of them, and imports none itself. Called by sim/main.ts, by each of its
// threads, and by trial.ts.

import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { type Edit, editSource, type PlantedBug } from "./planted-bug.ts";
import { bugNamed } from "./planted-bugs.ts";

const SOURCES = new URL("../../src/", import.meta.url).href;

export interface Planted {
  /** Edits whose file has not been loaded: where the program is running, they change nothing. */
  missing(): readonly Edit[];
}

let planted: string | undefined;

/** The bug that this thread has, if any. */
export const plantedName = (): string | undefined => planted;

/** Plants the bug of this name, where there is one. */
export function plantNamed(name: string | undefined): void {
  const bug = name === undefined ? undefined : bugNamed(name);
  if (bug !== undefined) plant(bug);
}

export function plant({ name, edits }: PlantedBug): Planted {
  planted = name;
  const missing = new Set(edits);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const here = edits.filter(({ file }) => url === `${SOURCES}${file}`);
      if (here.length === 0) return loaded;
      let source = textOf(loaded.source, url);
      for (const edit of here) {
        source = editSource(source, edit);
        missing.delete(edit);
      }
      return { ...loaded, source };
    },
  });
  return { missing: () => [...missing] };
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined, url: string): string {
  if (typeof source === "string") return source;
  if (source === undefined) throw new Error(`${fileURLToPath(url)} is loaded without its source`);
  return new TextDecoder().decode(source);
}
