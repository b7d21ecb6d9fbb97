// npm run mutation -- [--only TEXT] [--every N] [--jobs J] [--json FILE]: tries the mutants of the
// consensus rules and lists the survivors. --only keeps mutants whose id contains the text, --every N
// every Nth of them. Exit code 0 where none survives but the known equivalents; 2 for a wrong option.

import { writeFileSync } from "node:fs";
import { readToolOptions } from "../sim/command/tool-options.ts";
import { EQUIVALENTS } from "./equivalents.ts";
import { checkBaseline, runMutants } from "./run-mutants.ts";
import { allMutants } from "./targets.ts";

const values = readToolOptions(
  {
    only: { type: "string", default: "" },
    every: { type: "string", default: "1" },
    jobs: { type: "string" },
    json: { type: "string" },
  },
  "npm run mutation -- [--only TEXT] [--every N] [--jobs J] [--json FILE]",
);

const equivalents = new Set(EQUIVALENTS.map(({ id }) => id));
const mutants = allMutants()
  .filter(({ id }) => id.includes(values.only) && !equivalents.has(id))
  .filter((_, place) => place % Number(values.every) === 0);

const broken = await checkBaseline();
if (broken !== undefined) throw new Error(`the unchanged core does not pass: ${broken}`);
const startedAtMs = performance.now();
const verdicts = await runMutants({
  mutants,
  ...(values.jobs === undefined ? {} : { jobs: Number(values.jobs) }),
  judged: ({ mutant, killedBy }, done) => {
    if (killedBy === undefined) console.log(`survives: ${mutant.file}:${mutant.line} ${mutant.id}`);
    else if (done % 25 === 0) console.error(`${done} of ${mutants.length}`);
  },
});
const survivors = verdicts.filter(({ killedBy }) => killedBy === undefined);
const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
console.log(
  `${verdicts.length - survivors.length} of ${verdicts.length} mutants killed, ${survivors.length} survive, ` +
    `${EQUIVALENTS.length} known to be equivalent; ${seconds} s`,
);
if (values.json !== undefined) {
  const result = { mutants: verdicts.length, equivalents: EQUIVALENTS.length, seconds, verdicts };
  writeFileSync(values.json, JSON.stringify(result));
}
process.exitCode = survivors.length === 0 ? 0 : 1;
