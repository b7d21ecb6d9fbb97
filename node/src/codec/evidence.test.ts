import { describe, expect, it } from "vitest";
import { BLOCK, DOUBLE_PRECOMMIT, VALIDATOR_STATE } from "../../test/sample-messages.ts";
import { decodeBlock, encodeBlock } from "./chain.ts";
import { evidenceFromWire, evidenceToWire, newEvidence } from "./evidence.ts";
import { ValidatorStateSchema } from "./schemas.ts";
import { validatorStateFromWire, validatorStateToWire } from "./validator-state.ts";

describe("evidence", () => {
  const { first, second } = DOUBLE_PRECOMMIT;
  const wire = evidenceToWire(DOUBLE_PRECOMMIT);

  it("is one piece, whichever statement came first", () => {
    expect(newEvidence(DOUBLE_PRECOMMIT, first, second)).toEqual(DOUBLE_PRECOMMIT);
    expect(newEvidence(DOUBLE_PRECOMMIT, second, first)).toEqual(DOUBLE_PRECOMMIT);
  });

  it.each([
    ["the pair turned round", { first: wire.second, second: wire.first }],
    ["one statement twice", { second: wire.first }],
    ["no kind", { kind: 0 }],
    ["a kind that does not exist", { kind: 4 }],
    ["a vote with a valid round", { second: { ...wire.second, validRoundPlusOne: 1 } }],
    ["a height that is no safe integer", { height: 2 ** 53 }],
  ])("is refused with %s", (_, change) => {
    expect(() => evidenceFromWire({ ...wire, ...change })).toThrowError(/evidence/);
  });

  it("is refused in a block, too", () => {
    const [piece] = BLOCK.evidence;
    if (piece === undefined) throw new Error("the sample block has evidence");
    const turned = { ...piece, first: piece.second, second: piece.first };
    expect(() => decodeBlock(encodeBlock({ ...BLOCK, evidence: [turned] }))).toThrowError(/order/);
  });
});

describe("the validators' state", () => {
  it("comes back from its bytes", () => {
    const bytes = ValidatorStateSchema.serialize(validatorStateToWire(VALIDATOR_STATE));
    const state = validatorStateFromWire(ValidatorStateSchema.deserialize(bytes));
    expect(state).toEqual(VALIDATOR_STATE);
  });
});
