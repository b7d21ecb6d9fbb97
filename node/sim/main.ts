// npm run sim -- --seed N --runs K --nodes N --heights H [--whole] [--json] [--deep] [--plant "name"]

import { simCli } from "./cli.ts";

process.exitCode = simCli(process.argv.slice(2), console);
