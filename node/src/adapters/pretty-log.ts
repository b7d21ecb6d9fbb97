// One JSON log line as a line for people: time, level, message, then the fields. Control characters
// stay escaped, so that nothing a peer sends can write to the terminal. Used by log.ts.

const COLOURS: Readonly<Record<string, string>> = {
  debug: "\u001B[90m",
  info: "\u001B[32m",
  warn: "\u001B[33m",
  error: "\u001B[31m",
};
const GREY = "\u001B[90m";
const RESET = "\u001B[0m";
const MESSAGE_COLUMNS = 36;

/** A value that reads as itself; anything with other characters is quoted as JSON. */
function show(value: unknown): string {
  if (typeof value === "string" && /^[\w.:/@+-]+$/.test(value)) return value;
  return JSON.stringify(value);
}

const printable = (text: string): string =>
  JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');

/** `line` is what pino wrote; text that is not a JSON object is passed on as it is. */
export function prettyLine(line: string, isColoured: boolean): string {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof record !== "object" || record === null) return line;
  const { time, level, message, ...fields } = record as Record<string, unknown>;
  const levelName = typeof level === "string" ? level : "info";
  const paint = (colour: string | undefined, text: string): string =>
    isColoured && colour !== undefined ? `${colour}${text}${RESET}` : text;
  const clock = typeof time === "string" ? time.slice(11, 23) : "";
  const text = printable(typeof message === "string" ? message : "");
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${show(value)}`);
  const parts = [
    paint(GREY, clock),
    paint(COLOURS[levelName], levelName.toUpperCase().padEnd(5)),
    pairs.length === 0 ? text : text.padEnd(MESSAGE_COLUMNS),
    paint(GREY, pairs.join(" ")),
  ];
  return `${parts.join(" ").trimEnd()}\n`;
}
