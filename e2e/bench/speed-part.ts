// The speed of the simulator, measured in a process that does nothing else:
// node e2e/bench/speed-part.ts SECONDS prints runs per second of CPU as JSON. For the benchmark sim.speed.

import { simulationSpeed } from "../../node/sim/modes/speed.ts";

const seconds = Number(process.argv[2] ?? 5);
const [fast, whole] = [simulationSpeed("fast", seconds), simulationSpeed("whole", seconds)];
console.log(JSON.stringify({ fast, whole }));
