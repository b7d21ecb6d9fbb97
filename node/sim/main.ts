// npm run sim -- --seed N --runs K --nodes N,N --heights H [--jobs J] [--seconds S | --minutes M]
//   [--faulty f+1] [--plant "name"] [--plan JSON] [--trace] [--deep] [--mode core|whole] [--idle] [--json]

import { simCli } from "./command/cli.ts";

process.exitCode = await simCli(process.argv.slice(2), console);
