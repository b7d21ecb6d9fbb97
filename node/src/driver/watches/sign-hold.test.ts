import { describe, expect, it } from "vitest";
import { SignHold } from "./sign-hold.ts";

const lost = {
  isLost: true,
  holdHeights: 10,
  othersNeeded: () => 2,
  comparedNeeded: () => 0,
  head: 0,
  floor: 0,
};

describe("SignHold", () => {
  it("lets a node with a sign state, a new one too, sign at once", () => {
    const hold = new SignHold({ ...lost, isLost: false, head: 50 });
    expect(hold.mayBegin(1)).toBe(true);
    expect(hold.maySign(51)).toBe(true);
  });

  it("holds a wiped node for the stated heights above what it had to learn", () => {
    const hold = new SignHold(lost);
    for (let height = 1; height <= 40; height++) hold.learned(height);
    hold.decided(41, 2);
    hold.learned(42);
    expect(hold.maySign(50)).toBe(false);
    expect(hold.maySign(51)).toBe(true);
    expect(hold.signsFrom).toBe(51);
  });

  it("ends the learning only where q - 1 others are no further", () => {
    const hold = new SignHold(lost);
    hold.learned(1);
    hold.decided(2, 1);
    expect(hold.signsFrom).toBe(13);
    hold.decided(3, 2);
    hold.learned(4);
    expect(hold.signsFrom).toBe(13);
  });

  it("holds a lost memory at the very beginning, too, and also where the validator is alone", () => {
    for (const others of [0, 2]) {
      const hold = new SignHold({ ...lost, othersNeeded: () => others });
      expect(hold.maySign(1)).toBe(false);
      expect(hold.signsFrom).toBe(11);
      expect(hold.waitsForPast(10)).toBe(true);
      expect(hold.waitsForPast(11)).toBe(false);
    }
  });

  it("begins height 1 once others were compared, whatever is remembered, and later ones at once", () => {
    for (const isLost of [true, false]) {
      const hold = new SignHold({ ...lost, isLost, comparedNeeded: () => 2 });
      expect(hold.mayBegin(1)).toBe(false);
      expect(hold.mayBegin(2)).toBe(true);
      expect(hold.waitsForPast(1)).toBe(false);
      hold.compared(2);
      expect(hold.mayBegin(1)).toBe(true);
      expect(hold.maySign(1)).toBe(!isLost);
    }
  });

  it("holds a node whose blocks are there but whose sign state is lost", () => {
    const hold = new SignHold({ ...lost, head: 7 });
    expect(hold.refusal(17)).toBe(
      "it signs from height 18 on: its sign state was lost, or was never made (timed init): what its key has signed is not known",
    );
    expect(hold.maySign(18)).toBe(true);
  });

  it("signs nothing before enough others have said that they are no further", () => {
    const hold = new SignHold({ ...lost, isLost: false, head: 7, comparedNeeded: () => 2 });
    hold.compared(1);
    expect(hold.refusal(8)).toContain("f + 1");
    hold.compared(2);
    hold.compared(0);
    expect(hold.refusal(8)).toBeUndefined();
  });

  it("weighs power, not validators: four of power 10 each begin", () => {
    const four = { ...lost, isLost: false, othersNeeded: () => 20, comparedNeeded: () => 20 };
    const hold = new SignHold(four);
    hold.compared(10);
    expect(hold.mayBegin(1)).toBe(false);
    hold.compared(20);
    expect(hold.mayBegin(1)).toBe(true);
    expect(hold.maySign(1)).toBe(true);
  });

  it("signs only above a height whose log it has lost, and above its floor", () => {
    const hold = new SignHold({ ...lost, isLost: false, head: 7, floor: 5 });
    expect(hold.signsFrom).toBe(6);
    expect(hold.refusal(5)).toContain("floor");
    hold.forgot(8);
    hold.forgot(3);
    expect(hold.maySign(8)).toBe(false);
    expect(hold.refusal(8)).toContain("of height 8");
    expect(hold.maySign(9)).toBe(true);
  });

  it("holds a node whose key signed what it does not know of, again and again", () => {
    const hold = new SignHold({ ...lost, isLost: false, head: 7 });
    expect(hold.signedElsewhere(20)).toBe(true);
    expect(hold.refusal(30)).toContain("second process");
    expect(hold.maySign(31)).toBe(true);
    hold.decided(21, 2);
    expect(hold.signedElsewhere(25)).toBe(false);
    expect(hold.signsFrom).toBe(36);
    expect(hold.signedElsewhere(24)).toBe(false);
    expect(hold.signsFrom).toBe(36);
    expect(hold.refusal(30)).toContain("signed height 25");
  });

  it("pauses for a reason and goes on without one", () => {
    const hold = new SignHold({ ...lost, isLost: false });
    hold.pause("the clock is off");
    expect(hold.refusal(1)).toBe("the clock is off");
    hold.pause(undefined);
    expect(hold.maySign(1)).toBe(true);
  });
});
