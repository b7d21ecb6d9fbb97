// One share of the crash points, in a process of its own: node e2e/bench/crash-points-part.ts STRIDE
// OFFSET prints the report as JSON. Started by the benchmark sim.crash-points, one for each core.

import { crashPoints } from "../../node/sim/modes/crash-points.ts";

const [stride = 1, offset = 0] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(crashPoints({ stride, offset })));
