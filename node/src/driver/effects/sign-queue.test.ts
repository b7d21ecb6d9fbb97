import { describe, expect, it } from "vitest";
import { PRECOMMIT, PREVOTE } from "../../types/chain.ts";
import type { SignVote } from "../core/sign-place.ts";
import { SignQueue } from "./sign-queue.ts";

const vote = (round: number, voteType: 1 | 2 = PREVOTE): SignVote => ({
  type: "signVote",
  voteType,
  height: 7,
  round,
  blockHash: undefined,
});

function queueWith(
  refusal: string | undefined,
  onSign: (effect: { round: number }) => void = () => undefined,
) {
  const hold = { answer: refusal };
  const signed: number[] = [];
  const said: string[] = [];
  const say = (_fields: object, message: string): void => void said.push(message);
  const log = { debug: say, info: say, warn: say, error: say };
  const queue = new SignQueue({ hold: { refusal: () => hold.answer }, log }, (effect) => {
    signed.push(effect.round);
    onSign(effect);
  });
  return { queue, hold, signed, said };
}

describe("SignQueue", () => {
  it("signs at once where nothing holds", () => {
    const { queue, signed, said } = queueWith(undefined);
    queue.add(vote(0));
    expect(signed).toEqual([0]);
    expect(said).toEqual([]);
  });

  it("keeps what is held, in order, and signs it when the hold ends", () => {
    const { queue, hold, signed, said } = queueWith("not yet");
    for (const round of [0, 1, 2]) queue.add(vote(round));
    expect(signed).toEqual([]);
    hold.answer = undefined;
    queue.release();
    queue.release();
    expect(signed).toEqual([0, 1, 2]);
    expect(said).toEqual(["not signing", "signing"]);
  });

  it("puts what a signature brings behind what waits already", () => {
    const { queue, hold, signed } = queueWith("not yet", ({ round }) => {
      if (round === 0) queue.add(vote(9, PRECOMMIT));
    });
    queue.add(vote(0));
    queue.add(vote(1));
    hold.answer = undefined;
    queue.release();
    expect(signed).toEqual([0, 1, 9]);
  });

  it("forgets with the height, and keeps no more than the latest 64", () => {
    const { queue, hold, signed } = queueWith("not yet");
    queue.add(vote(0));
    queue.clear();
    for (let round = 1; round <= 100; round++) queue.add(vote(round));
    hold.answer = undefined;
    queue.release();
    expect(signed).toEqual(Array.from({ length: 64 }, (_, i) => i + 37));
  });
});
