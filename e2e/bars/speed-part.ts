// The speed of the simulators, measured in a process that does nothing else:
// node e2e/bars/speed-part.ts SECONDS prints runs per second of CPU as JSON. For the bar sim.speed.

import { simSpeed } from "../../node/sim/core/speed.ts";
import { simulationSpeed } from "../../node/sim/modes/speed.ts";

const seconds = Number(process.argv[2] ?? 5);
console.log(JSON.stringify({ core: simSpeed({ seconds }), whole: simulationSpeed(seconds) }));
