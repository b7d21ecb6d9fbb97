// Notices that the chain stands still while this validator may not sign for want of a memory of its past
// (docs/adr/0015). It waits for blocks then, and where more than f validators wait like that, the blocks
// that they wait for cannot come. No node can end that by itself: this says so, in the log once a height
// and in the status, and names the way out. Asked by the driver on each tick.

import type { Clock, Log } from "../../ports.ts";
import type { Height } from "../../types/chain.ts";
import type { ChainState } from "../chain/chain-state.ts";
import type { SignHold } from "./sign-hold.ts";

const LEAST_MS = 30_000;

export interface StandstillParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly chain: Pick<ChainState, "head">;
  readonly hold: Pick<SignHold, "waitsForPast" | "signsFrom">;
  readonly emptyBlockIntervalMs: number;
}

export class Standstill {
  readonly #parts: StandstillParts;
  #height: Height = -1;
  #sinceMs = 0;
  #said = false;

  constructor(parts: StandstillParts) {
    this.#parts = parts;
  }

  /** What the status adds to why the node does not sign; undefined while the chain moves, or it may sign. */
  get advice(): string | undefined {
    return this.#said
      ? "the chain stands still: where more than f validators wait like this, it cannot go on. Put back the sign states that were lost; or, on each validator whose key has certainly signed nothing above a height H (0: nothing at all), stop it, run `timed init --signed-up-to H` and start it"
      : undefined;
  }

  check(): void {
    const { clock, log, chain, hold, emptyBlockIntervalMs } = this.#parts;
    const { height } = chain.head;
    if (height !== this.#height || !hold.waitsForPast(height + 1)) {
      this.#height = height;
      this.#sinceMs = clock.monotonicMs();
      this.#said = false;
    }
    const stoodMs = clock.monotonicMs() - this.#sinceMs;
    if (this.#said || stoodMs < LEAST_MS + 2 * emptyBlockIntervalMs) return;
    this.#said = true;
    log.error({ height, signsFrom: hold.signsFrom, stoodMs }, `not signing, and ${this.advice}`);
  }
}
