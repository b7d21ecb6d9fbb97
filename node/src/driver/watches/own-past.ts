// What the node finds of its own past signatures, told to SignHold: a log that does not reach the last of
// them, and certificates that hold one which the sign state does not know. Called by the driver, after the
// replay and with each block.

import type { LastingSigner, Log } from "../../ports.ts";
import type { DecidedBlock } from "../chain/block-run.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { Outstanding } from "../core/replay.ts";
import type { SignHold } from "./sign-hold.ts";

export interface OwnPastParts {
  readonly chain: ChainState;
  readonly signer: LastingSigner | undefined;
  readonly hold: SignHold;
  readonly log: Log;
}

export class OwnPast {
  readonly #parts: OwnPastParts;

  constructor(parts: OwnPastParts) {
    this.#parts = parts;
  }

  /** Undefined where the log had nothing of the height in progress. */
  replayed(outstanding: Outstanding | undefined): void {
    const { chain, signer, hold, log } = this.#parts;
    const last = signer?.last;
    const { height } = chain.head;
    if (last === undefined || last.height <= height || outstanding?.covers(last) === true) return;
    hold.forgot(last.height);
    log.warn(
      { height, lastSigned: last.height, signsFrom: hold.signsFrom },
      "the key has signed above what store and log know: following, and signing only above it",
    );
  }

  /** A block that is about to be committed. */
  decided({ certified: { block, certificate }, applied }: DecidedBlock): void {
    const { chain, signer, hold, log } = this.#parts;
    if (signer === undefined) return;
    // Of what lies at or below the floor, somebody has given their word (docs/adr/0015).
    const known = Math.max(signer.last?.height ?? 0, signer.minHeight);
    for (const found of [block.lastCommit, certificate]) {
      if (
        found === undefined ||
        found.height <= known ||
        !chain.hasSigned(found, applied.head.validatorState)
      )
        continue;
      if (!hold.signedElsewhere(found.height)) continue;
      // A start in the middle of the catch-up knows it, too: it waits and is not refused.
      signer.forget(found.height);
      log.error(
        { height: found.height, lastSigned: known },
        "this key has signed what this node has not: an older copy of its data, or a second process with the key",
      );
    }
  }
}
