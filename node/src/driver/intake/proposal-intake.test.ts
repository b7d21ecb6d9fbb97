// Whose block checks count for T_propose.

import { expect, it } from "vitest";
import { begun, HEIGHT, validators } from "../../../test/consensus-inputs.ts";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { BLOCK, PROPOSAL } from "../../../test/sample-messages.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { CoreView } from "../../consensus/core-view.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { step } from "../../consensus/step.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import { Timing } from "../timing/timing.ts";
import { KnownMessages } from "./known-messages.ts";
import { ProposalIntake, type ProposalIntakeParts } from "./proposal-intake.ts";

it("only the check of a valid block that is the first of its round counts", () => {
  const clock = new VirtualClock();
  const metrics = new RecordedMetrics();
  const floor = { proposeMs: 1, voteMs: 1 };
  const timing = new Timing({ clock, adaptive: true, floor, metrics });
  let state = begun();
  const known = new KnownMessages(new CoreView(() => state));
  let fault: string | undefined;
  let takesMs = 0;
  const parts = {
    clock,
    timing,
    known,
    metrics,
    warnings: { warn: () => undefined },
    chain: {
      hasJudged: () => false,
      validatorsAt: () => [],
      judge: () => {
        clock.advance(takesMs);
        return fault;
      },
    },
    feed: (input: Parameters<ProposalIntakeParts["feed"]>[0]) => {
      const result = step(state, { nowMs: 1_000, input });
      state = result.state;
      if (result.changed) known.took(input);
    },
  } as unknown as ProposalIntakeParts;
  const intake = new ProposalIntake(parts);
  const propose = (round: number, timestampMs: number): void => {
    const block = { ...BLOCK, header: { ...BLOCK.header, height: HEIGHT, round, timestampMs } };
    const proposerIndex = leaderOf(state.context, round);
    const body = { height: HEIGHT, round, validRound: -1, proposerIndex };
    const blockHash = blockHashOf(block.header);
    intake.complete({ proposal: { ...PROPOSAL, ...body, blockHash }, block, polc: undefined });
  };
  const waitsMs = (): number => timing.timeouts(validators.slice(0, 1), 0, []).proposeMs;

  takesMs = 40;
  propose(0, 1);
  expect(waitsMs()).toBe(40);
  // The second of the round.
  takesMs = 2_000;
  propose(0, 2);
  expect(waitsMs()).toBe(40);
  // The first of another round, which costs nothing to make.
  fault = "invalid";
  propose(1, 3);
  expect(waitsMs()).toBe(40);
  fault = undefined;
  propose(2, 4);
  expect(waitsMs()).toBe(2_000);
});
