// The speed of the simulators, measured in a process that does nothing else:
// node e2e/bars/speed-part.ts SECONDS prints runs per second of CPU as JSON. For the bar sim.speed.

import { simSpeed } from "../../node/sim/speed.ts";
import { wholeSpeed } from "../../node/sim/whole/whole-speed.ts";

const seconds = Number(process.argv[2] ?? 5);
console.log(JSON.stringify({ core: simSpeed({ seconds }), whole: wholeSpeed(seconds) }));
