// What one simulated process is: its place, its key, its rules. simulation.ts fills it in for each.

import type { ConsensusParams } from "../../src/consensus/api.ts";
import type { Rules } from "../../src/consensus/rules.ts";
import type { DriverRules } from "./driver-rules.ts";
import type { SimSigner } from "./signer.ts";

export interface NodeOptions {
  readonly process: number;
  readonly index: number;
  readonly params: ConsensusParams;
  readonly rules: Rules;
  readonly driver: DriverRules;
  readonly signer: SimSigner;
  readonly paceMs: number;
  /** Certificates of decided heights are compared, and shown at every lag check. */
  readonly watchesForks: boolean;
}
