// Adaptive timeouts in the bench: each node pings the others over the same links, once a height, and
// production code makes its delay and its timeouts of the answers (driver/peer-book, driver/timing).
// Silent validators never answer. Checking a block takes no time here.

import { toHex } from "../../src/codec/hex.ts";
import type { HeightTimeouts } from "../../src/consensus/api.ts";
import { PeerBook } from "../../src/driver/peer-book.ts";
import { delayTo, timeoutsFor } from "../../src/driver/timing.ts";
import type { ValidatorSet } from "../../src/types/chain.ts";

/** Answers before the first height, as when links come up. */
const FIRST_PINGS = 8;

export class MeasuredLinks {
  private readonly validators: ValidatorSet;
  private readonly self: number;
  private readonly book: PeerBook;
  private readonly peers: readonly string[];
  private readonly roundTripMs: () => number;
  private pings = 0;

  /** @param answering the other validators that answer pings. */
  constructor(
    validators: ValidatorSet,
    self: number,
    answering: readonly number[],
    roundTripMs: () => number,
  ) {
    this.validators = validators;
    this.self = self;
    this.roundTripMs = roundTripMs;
    this.book = new PeerBook(validators);
    this.peers = answering.flatMap((index) => {
      const nodeKey = validators[index]?.nodeKey;
      if (nodeKey === undefined || index === self) return [];
      const id = toHex(nodeKey);
      this.book.connected({
        id,
        nodeKey,
        role: "validator",
        address: id,
        outbound: true,
        connectedAtMs: 0,
      });
      return [id];
    });
    for (let i = 1; i < FIRST_PINGS; i++) this.ping();
  }

  /** The timeouts of the next height, never below the floor. */
  timeouts(floor: HeightTimeouts): HeightTimeouts {
    this.ping();
    const delayMs = delayTo(this.validators, this.self, this.book.all());
    return delayMs === undefined ? floor : timeoutsFor(floor, delayMs, 0);
  }

  private ping(): void {
    this.pings++;
    for (const id of this.peers) {
      this.book.pinged(id, this.pings, 0);
      this.book.ponged(id, this.pings, this.roundTripMs());
    }
  }
}
