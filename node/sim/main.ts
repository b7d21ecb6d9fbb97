// npm run sim -- --seed N --runs K --nodes N,N|mixed --heights H [--mode fast|whole] [--jobs J]
//   [--seconds S | --minutes M] [--faulty f+1] [--only-faults a,b] [--without a,b] [--plan JSON]
//   [--broken "promise"] [--twins] [--trace] [--covers] [--idle] [--json]

import { simCli } from "./command/cli.ts";

process.exitCode = await simCli(process.argv.slice(2), console);
