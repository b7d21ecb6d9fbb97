// npm run sim -- --seed N --runs K --nodes N,N|mixed --heights H [--mode fast|whole] [--jobs J]
//   [--seconds S | --minutes M] [--faulty f+1] [--only-faults a,b] [--without a,b] [--plan JSON]
//   [--plant "bug"] [--twins] [--trace] [--covers] [--idle] [--json]
// npm run sim -- --mode timed has options of its own (timed/command.ts). Each mode loads its own modules: a
// bug has to be planted, and a timed run may raise a bound, before the product's modules are read.

import { parseArgs } from "node:util";
import { plantNamed } from "./planted/plant.ts";

const args = process.argv.slice(2);
const { plant } = parseArgs({ args, options: { plant: { type: "string" } }, strict: false }).values;
plantNamed(typeof plant === "string" ? plant : undefined);
const { isTimed, timedCommand } = await import("./timed/command.ts");
if (isTimed(args)) process.exitCode = await timedCommand(args, console);
else process.exitCode = await (await import("./command/cli.ts")).simCli(args, console);
