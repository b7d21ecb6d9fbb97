// What the operations endpoints need to know of the node. The daemon implements it; answers must be
// cheap, as probes come every few seconds from several sides.

import type { UnixMs } from "../types/chain.ts";
import type { NodeStatus } from "./status-schema.ts";

export interface OpsFacts {
  nowMs(): UnixMs;
  /** True once start-up is complete: store open, log replayed, listeners up. */
  isStarted(): boolean;
  status(): NodeStatus;
}
