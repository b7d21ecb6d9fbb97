// npm run sim -- --seed N --runs K --nodes N,N|mixed --heights H [--mode fast|whole] [--jobs J]
//   [--seconds S | --minutes M] [--faulty f+1] [--only-faults a,b] [--without a,b] [--plan JSON]
//   [--plant "bug"] [--broken "promise"] [--twins] [--trace] [--covers] [--idle] [--json]

import { parseArgs } from "node:util";
import { plantNamed } from "./planted/plant.ts";

const args = process.argv.slice(2);
const { plant } = parseArgs({ args, options: { plant: { type: "string" } }, strict: false }).values;
// The simulator brings the product's modules with it: a bug has to be planted before.
plantNamed(typeof plant === "string" ? plant : undefined);
const { simCli } = await import("./command/cli.ts");
process.exitCode = await simCli(args, console);
