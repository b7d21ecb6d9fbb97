// The end of a node whose ledger refuses a block that a verified certificate commits: it says so, has it written
// down, and stops the process for good. To go on would mean to sign on a state that the others do not have, and
// to punish honest peers for their blocks. Called by catch-up.

import { toHex } from "../../codec/hex.ts";
import type { Log } from "../../ports.ts";
import type { Divergence } from "../../types/divergence.ts";
import { CodedError } from "../../types/errors.ts";

/**
 * Never returns. `record` makes it durable; where that fails, the process ends all the same, and the next one
 * finds it again at the same block.
 * @throws CodedError STATE_DIVERGED.
 */
export function haltOnDivergence(
  found: Divergence,
  { log, record }: { log: Log; record: (found: Divergence) => void },
): never {
  const { header } = found.certified.block;
  const { height, stateRoot } = header;
  const blockHash = toHex(found.certified.certificate.blockHash);
  log.error(
    { height, blockHash, stateRoot: toHex(stateRoot), reason: found.reason },
    "the ledger here refuses a block that validators of quorum power certified; halting",
  );
  try {
    record(found);
  } catch (cause) {
    log.error({ height, cause }, "the halt marker cannot be written");
  }
  throw new CodedError(
    "STATE_DIVERGED",
    `block ${blockHash} of height ${height} is certified, and the ledger here refuses it: ${found.reason}`,
    { details: { height } },
  );
}
