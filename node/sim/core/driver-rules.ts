// What the simulated driver owes the core, as leaf rules: the counterpart of consensus/rules.ts for bugs
// that sit around the core. mutations.ts plants wrong ones; runs otherwise use DRIVER_RULES.

import type { Effect, Input } from "../../src/consensus/api.ts";
import type { ConsensusState } from "../../src/consensus/state.ts";
import type { CertificateContext } from "../../src/crypto/certificate.ts";
import type { Block, CertifiedBlock } from "../../src/types/chain.ts";
import { isValidBlock } from "../timing/sim-block.ts";
import { fakeVerify } from "../world/keyring.ts";

export interface DriverRules {
  /** Checks a signature. */
  readonly verify: CertificateContext["verify"];
  /** The ledger's judgement of a block on `head`. */
  readonly isValid: (block: Block, head: CertifiedBlock | undefined) => boolean;
  /** What the core is given for an input; undefined: the input itself. */
  readonly feeds: ((input: Input, state: ConsensusState) => readonly Input[]) | undefined;
  /** The effect that is performed for one the core asks for; undefined: none. */
  readonly performs: (effect: Effect, state: ConsensusState) => Effect | undefined;
  /** Is the log synced before an effect leaves? */
  readonly syncsInputs: boolean;
  /** Is the synced log replayed after a crash? */
  readonly replaysLog: boolean;
  /** Does the sign state outlive a crash? */
  readonly keepsSignState: boolean;
}

export const DRIVER_RULES: DriverRules = {
  verify: fakeVerify,
  isValid: isValidBlock,
  feeds: undefined,
  performs: (effect) => effect,
  syncsInputs: true,
  replaysLog: true,
  keepsSignState: true,
};
