// Every bar by name: the one list that main.ts serves.

import type { Bar } from "./bar.ts";
import { CLUSTER_BARS } from "./cluster-bars.ts";
import { CONSENSUS_BARS } from "./consensus-bars.ts";
import { DEVNET_BARS } from "./devnet-bars.ts";
import { DRIVER_BARS } from "./driver-bars.ts";
import { FIRST_MINUTE_BARS } from "./first-minute-bars.ts";
import { HOUSE_BARS } from "./house-bars.ts";
import { SIM_BARS } from "./sim-bars.ts";
import { SIM_COVER_BARS } from "./sim-cover-bars.ts";
import { START_BARS } from "./start-bars.ts";

export const ALL_BARS: readonly Bar[] = [
  ...START_BARS,
  ...CLUSTER_BARS,
  ...DEVNET_BARS,
  ...FIRST_MINUTE_BARS,
  ...SIM_BARS,
  ...SIM_COVER_BARS,
  ...DRIVER_BARS,
  ...CONSENSUS_BARS,
  ...HOUSE_BARS,
];
