// The few Markdown shapes that the generated pages are made of.

/** The first lines of a generated page. `source` is the file that owns the list. */
export const pageHead = (title: string, source: string, intro: string): string =>
  `<!-- Generated from ${source} by \`npm run gen\`. Do not edit. -->\n\n# ${title}\n\n${intro.trimEnd()}\n`;

/** Text that is safe inside a table's cell. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** A table; rows are cells in the order of `columns`. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

export const code = (text: string): string => (text === "" ? "" : `\`${text}\``);
