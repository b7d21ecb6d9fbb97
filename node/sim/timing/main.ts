// npm run sim:timing -- [--runs K] [--heights H] [--json] [--only viewChange|roundZero]: the view-change table and the round-zero
// table on the production core, as markdown or as JSON on standard output.

import { readToolOptions } from "../command/tool-options.ts";
import {
  roundZeroMarkdown,
  roundZeroTable,
  viewChangeMarkdown,
  viewChangeTable,
} from "./tables.ts";

const values = readToolOptions(
  {
    runs: { type: "string", default: "20" },
    heights: { type: "string", default: "60" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
  "npm run sim:timing -- [--runs K] [--heights H] [--json] [--only viewChange|roundZero]",
);
const [runs, heights] = [Number(values.runs), Number(values.heights)];
if (!Number.isSafeInteger(runs) || !Number.isSafeInteger(heights) || runs < 1 || heights < 1) {
  console.error("error: --runs and --heights are whole numbers from 1");
  process.exitCode = 2;
} else {
  const options = { runs, heights, say: (line: string) => console.error(line) };
  const viewChange = values.only === "roundZero" ? [] : viewChangeTable(options);
  const roundZero = values.only === "viewChange" ? [] : roundZeroTable(options);
  if (values.json) console.log(JSON.stringify({ runs, heights, viewChange, roundZero }));
  else console.log(`${viewChangeMarkdown(viewChange)}\n\n${roundZeroMarkdown(roundZero)}`);
}
