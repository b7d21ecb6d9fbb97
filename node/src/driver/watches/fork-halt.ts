// The end of a node that has seen two certified blocks at one height: says who is to answer for it, has it
// written down, and stops the process for good. Called by the driver's fork watch.

import { toHex } from "../../codec/hex.ts";
import type { Log } from "../../ports.ts";
import { CodedError } from "../../types/errors.ts";
import { type ForkFound, namedIn } from "../../types/fork.ts";

/**
 * Never returns. `record` makes the fork durable; where it fails, the process ends all the same, and the
 * next one finds the fork again.
 * @throws CodedError CHAIN_FORKED.
 */
export function haltOnFork(
  found: ForkFound,
  { log, record }: { log: Log; record: (found: ForkFound) => void },
): never {
  const { height, ours, theirs, conflict, validators } = found;
  const keys = namedIn(conflict).map((index) =>
    toHex(validators[index]?.publicKey ?? new Uint8Array(0)),
  );
  const named = conflict.kind === "sameRound" ? { culprits: keys } : { suspects: keys };
  log.error(
    { height, ours: sideOf(ours), theirs: sideOf(theirs), kind: conflict.kind, ...named },
    "two certified blocks at one height: more than f validators broke the protocol; halting",
  );
  try {
    record(found);
  } catch (cause) {
    log.error({ height, cause }, "the halt marker cannot be written");
  }
  throw new CodedError(
    "CHAIN_FORKED",
    `height ${height} has two certified blocks, ${toHex(ours.blockHash)} (round ${ours.round}) here and ${toHex(theirs.blockHash)} (round ${theirs.round}); ${"culprits" in named ? "culprits" : "suspects"}: ${keys.join(", ")}`,
    { details: { height, kind: conflict.kind } },
  );
}

const sideOf = ({ round, blockHash }: ForkFound["ours"]) => ({
  round,
  blockHash: toHex(blockHash),
});
