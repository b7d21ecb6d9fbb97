// A planted bug is a change of the product's source, made while the source is loaded and never on disk
// (plant.ts). Always: each edit's text stands exactly once in its file, so that a table that no longer
// fits the sources fails (planted-bugs.test.ts) and never plants nothing.

export interface Edit {
  /** Below node/src. */
  readonly file: string;
  /** Exact text, which stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface PlantedBug {
  /** What the program does wrong. */
  readonly name: string;
  /** More than one where another layer would make up for the first. */
  readonly edits: readonly Edit[];
  /** With f + 1 faulty, for bugs that a network with at most f of them cannot show. */
  readonly faulty?: "f+1";
}

export const edit = (file: string, find: string, replace: string): Edit => ({
  file,
  find,
  replace,
});

export const bug = (name: string, ...edits: readonly Edit[]): PlantedBug => ({ name, edits });

/** A bug that at most f faulty validators cannot bring to light. */
export const beyondF = (planted: PlantedBug): PlantedBug => ({ ...planted, faulty: "f+1" });

/** The source with the edit made. */
export function editSource(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find);
  const [before, after] = parts;
  if (parts.length !== 2 || before === undefined || after === undefined) {
    throw new Error(`${file} has ${parts.length - 1} times what a planted bug replaces:\n${find}`);
  }
  return `${before}${replace}${after}`;
}
