// Own signatures in certificates that come in: which of them the sign state should have known.

import { expect, it } from "vitest";
import { BLOCK, CERTIFICATE } from "../../../test/sample-messages.ts";
import type { AppliedBlock } from "../../ledger/apply-block.ts";
import type { LastingSigner } from "../../ports.ts";
import { OwnPast, type OwnPastParts } from "./own-past.ts";

/** The heights that are taken for signed elsewhere, and those told to the signer, where every certificate holds an own signature. */
function elsewhere(last: number | undefined, minHeight: number, isNews = true) {
  const found: number[] = [];
  const forgotten: number[] = [];
  const signer = {
    minHeight,
    last: last === undefined ? undefined : { height: last, round: 0, step: 3 },
    forget: (height: number) => forgotten.push(height),
  } as unknown as LastingSigner;
  const hold = {
    signedElsewhere: (height: number) => {
      found.push(height);
      return isNews;
    },
  };
  const log = { error: () => undefined };
  const chain = { hasSigned: () => true };
  const past = new OwnPast({ chain, signer, hold, log } as unknown as OwnPastParts);
  const certificate = { ...CERTIFICATE, height: BLOCK.header.height };
  const applied = { head: {} } as AppliedBlock;
  past.decided({ certified: { block: BLOCK, certificate }, applied });
  return { found, forgotten };
}

// The block is of height 1843, and holds the certificate of 1842.
it("finds signatures above the last one that the sign state knows", () => {
  expect(elsewhere(1_842, 0).found).toEqual([1_843]);
  expect(elsewhere(1_843, 0).found).toEqual([]);
  expect(elsewhere(undefined, 0).found).toEqual([1_842, 1_843]);
});

it("takes the word of `timed init --signed-up-to` for all up to its height", () => {
  expect(elsewhere(undefined, 1_842).found).toEqual([1_843]);
  expect(elsewhere(undefined, 1_843).found).toEqual([]);
});

it("lets the signer forget what it finds first, and not at every block of a catch-up", () => {
  expect(elsewhere(1_842, 0).forgotten).toEqual([1_843]);
  expect(elsewhere(1_842, 0, false).forgotten).toEqual([]);
});
