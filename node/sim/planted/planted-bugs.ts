// All planted bugs. Each must be found by random seeds alone, or the simulator proves nothing where it finds
// none in the real program. docs/benchmarks has the CPU seconds that each takes (find.ts).

import { COUNTING_BUGS } from "./bugs/counting-bugs.ts";
import { DRIVER_BUGS } from "./bugs/driver-bugs.ts";
import { GATE_BUGS } from "./bugs/gate-bugs.ts";
import { LEDGER_BUGS } from "./bugs/ledger-bugs.ts";
import { VOTING_BUGS } from "./bugs/voting-bugs.ts";
import type { PlantedBug } from "./planted-bug.ts";

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...VOTING_BUGS,
  ...COUNTING_BUGS,
  ...GATE_BUGS,
  ...DRIVER_BUGS,
  ...LEDGER_BUGS,
];

export const bugNamed = (name: string): PlantedBug | undefined =>
  PLANTED_BUGS.find((known) => known.name === name);
