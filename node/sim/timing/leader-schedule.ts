// Who leads which height of a run: one fixed order of all validators, or, as production does it, that
// order without those whose last leader slots failed (ledger/failed-slots.ts). The certificate of a
// height stands in the next block, so it tells on the height after that.

import { toHex } from "../../src/codec/hex.ts";
import { failedSlotsAfter, skippedLeaders } from "../../src/ledger/failed-slots.ts";
import type { Height, Round, ValidatorSet } from "../../src/types/chain.ts";
import type { FailedSlots } from "../../src/types/validator-state.ts";

export class LeaderSchedule {
  private readonly validators: ValidatorSet;
  private readonly everybody: readonly number[];
  private readonly skips: boolean;
  /** By height. */
  private readonly orders: (readonly number[] | undefined)[] = [];
  private failedSlots: readonly FailedSlots[] = [];

  /** @param skips whether failed slots count. */
  constructor(validators: ValidatorSet, everybody: readonly number[], skips: boolean) {
    this.validators = validators;
    this.everybody = everybody;
    this.skips = skips;
  }

  /** The leader order of a height of which the one before the last is decided. */
  of(height: Height): readonly number[] {
    return this.orders[height] ?? this.everybody;
  }

  /** Heights are decided in order, each once. */
  decided(height: Height, round: Round): void {
    if (!this.skips) return;
    const { validators } = this;
    this.failedSlots = failedSlotsAfter(
      {
        failedSlots: this.failedSlots,
        lastLeaders: this.of(height),
        lastValidators: validators,
        nextValidators: validators,
      },
      { height, round },
    );
    const skipped = skippedLeaders(this.failedSlots, validators, height + 2);
    this.orders[height + 2] = this.everybody.filter((index) => {
      const publicKey = validators[index]?.publicKey;
      return publicKey === undefined || !skipped.has(toHex(publicKey));
    });
  }
}
