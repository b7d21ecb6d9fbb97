// Consensus parameters for tests of the core: short timeouts with room to grow, tight bounds of time.

import type { ConsensusParams } from "../src/consensus/api.ts";

export const TEST_PARAMS: ConsensusParams = {
  timeoutProposeMs: 300,
  timeoutVoteMs: 100,
  timeoutGrowth: 1.2,
  maxTimeoutMs: 2_000,
  precisionMs: 50,
  messageDelayMs: 400,
};
