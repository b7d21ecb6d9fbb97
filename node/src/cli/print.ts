// Results for people: objects as aligned "name: value" lines, lists of objects as tables, nested
// objects indented. Control characters of a node's answer never reach the terminal. Pure.

const INDENT = "  ";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Text as it is where it is harmless, else with its control characters escaped. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);

function scalar(value: unknown): string {
  if (typeof value === "string") return printable(value);
  if (value === null || value === undefined) return "-";
  if (typeof value === "bigint") return value.toString();
  return printable(JSON.stringify(value));
}

function table(rows: readonly Fields[]): readonly string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [names, ...rows.map((row) => names.map((name) => scalar(row[name])))];
  const widths = names.map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  return cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function lines(value: unknown, leastWidth = 0): readonly string[] {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    if (items.length === 0) return ["(none)"];
    return items.every(isFields) ? table(items) : items.map(scalar);
  }
  if (!isFields(value)) return [scalar(value)];
  const flat = Object.entries(value).filter(([, one]) => typeof one !== "object" || one === null);
  const width = Math.max(leastWidth, ...flat.map(([name]) => name.length)) + 1;
  return Object.entries(value).flatMap(([name, one]) => {
    if (typeof one !== "object" || one === null)
      return [`${`${name}:`.padEnd(width)} ${scalar(one)}`];
    return [`${name}:`, ...lines(one).map((line) => INDENT + line)];
  });
}

/** `value` as text that ends with a newline; its names take `leastWidth` at least. */
export const formatForPeople = (value: unknown, leastWidth = 0): string =>
  `${lines(value, leastWidth).map(printable).join("\n")}\n`;
