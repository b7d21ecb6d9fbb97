import { describe, expect, it } from "vitest";
import { BLOCK, POLC, PROPOSAL, TRANSACTION } from "../../../test/sample-messages.ts";
import { transactionSizeBytes } from "../../codec/chain.ts";
import { witnessIdOf } from "../../crypto/ids.ts";
import { proposalFrame } from "./proposal-frame.ts";

const transactions = [TRANSACTION, TRANSACTION];
const sizeBytes = 2 * transactionSizeBytes(TRANSACTION);
const ids = transactions.map(witnessIdOf);
const message = { proposal: PROPOSAL, block: { ...BLOCK, transactions }, polc: POLC };
const known = { witnessIdsOf: () => ids };
const whole = { type: "proposal", proposal: message };

describe("a proposal travels", () => {
  it("whole below the threshold, compact from it on", () => {
    expect(proposalFrame(message, known, sizeBytes + 1)).toEqual(whole);
    expect(proposalFrame(message, known, sizeBytes)).toEqual({
      type: "compactProposal",
      proposal: { ...message, block: { ...BLOCK, transactions: [] } },
      witnessIds: ids,
    });
  });

  it("whole where it is empty, or its ids are not at hand", () => {
    const empty = { ...message, block: { ...BLOCK, transactions: [] } };
    expect(proposalFrame(empty, known, 0)).toEqual({ type: "proposal", proposal: empty });
    expect(proposalFrame(message, { witnessIdsOf: () => undefined }, 0)).toEqual(whole);
  });
});
