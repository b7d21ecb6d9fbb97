// `npm run bars -- NAME [--json] [--scale 0.01]` measures one bar and ends with its verdict; `-- list`
// names them all. A scale below 1 is a quick try of a long bar: it says so, and never passes.
// With --json the last line is {"name", "figure", "bar", "pass", "detail"} on standard output, and what
// it does goes to standard error. Exit code 0 where the bar holds, 1 where not, 2 for a wrong name.

import { parseArgs } from "node:util";
import { formatFailure } from "../src/coded-error.ts";
import { ALL_BARS } from "./all-bars.ts";

const OPTIONS = {
  json: { type: "boolean", default: false },
  scale: { type: "string", default: "1" },
} as const;

const { values, positionals } = readOptions();
const [name = "list"] = positionals;
const scale = Number(values.scale);

if (!(scale > 0 && scale <= 1)) {
  console.error(`error BAR_SCALE: --scale is above 0 and at most 1, not "${values.scale}"`);
  process.exitCode = 2;
} else if (name === "list") {
  for (const { name, bar, what } of ALL_BARS)
    console.log(`${name.padEnd(22)} ${bar.padEnd(10)} ${what}`);
} else {
  const chosen = ALL_BARS.find((bar) => bar.name === name);
  if (chosen === undefined) {
    console.error(`error BAR_UNKNOWN: there is no bar "${name}"\nnext: npm run bars -- list`);
    process.exitCode = 2;
  } else {
    const say = (line: string): void => console.error(line);
    try {
      const { figure, pass, detail } = await chosen.measure(say, scale);
      const verdict = { name: chosen.name, figure, bar: chosen.bar, pass, detail };
      if (values.json) console.log(JSON.stringify(verdict));
      else
        console.log(
          `${pass ? "holds" : "FAILS"}: ${name} ${figure} (bar ${chosen.bar}); ${detail}`,
        );
      process.exitCode = pass ? 0 : 1;
    } catch (error) {
      console.error(formatFailure(error));
      process.exitCode = 1;
    }
  }
}

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    console.error(`error BAR_OPTION: ${(error as Error).message}`);
    console.error("next: npm run bars -- NAME [--json] [--scale 0.01], or npm run bars -- list");
    process.exit(2);
  }
}
