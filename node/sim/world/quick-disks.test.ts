// The log and the sign state of fast runs keep the promises of the production ones.

import { describe, expect, it } from "vitest";
import type { SignRequest } from "../../src/ports.ts";
import { walConformance } from "../../test/wal-conformance.ts";
import { chainOf, keyOf } from "./chain.ts";
import { ProcessDeath, ProcessGate } from "./process-gate.ts";
import { QuickDisks } from "./quick-disks.ts";

const newDisks = () => new QuickDisks(keyOf(chainOf(4), 0));

walConformance("quick", () => {
  const disks = newDisks();
  return { open: () => disks.open(new ProcessGate()).wal, crash: () => disks.crash("nothing") };
});

const request = (round: number, byte: number): SignRequest => ({
  height: 1,
  round,
  step: 2,
  signBytes: new Uint8Array(8).fill(byte),
});

describe("the quick sign state", () => {
  it("signs a place once, for good, over crashes", () => {
    const disks = newDisks();
    const first = disks.open(new ProcessGate()).signer.sign(request(1, 1));
    expect(first.ok).toBe(true);
    disks.crash("nothing");
    const { signer } = disks.open(new ProcessGate());
    expect(signer.last).toMatchObject({ height: 1, round: 1, step: 2 });
    expect(signer.sign(request(1, 1))).toEqual(first);
    expect(signer.sign(request(1, 2))).toMatchObject({ ok: false, code: "SIGN_CONFLICT" });
    expect(signer.sign(request(0, 3))).toMatchObject({ ok: false, code: "SIGN_REGRESSION" });
  });

  it("may die with the place durable and the signature not let out", () => {
    const disks = newDisks();
    const gate = new ProcessGate();
    gate.dieAt(1);
    expect(() => disks.open(gate).signer.sign(request(1, 1))).toThrow(ProcessDeath);
    disks.crash("nothing");
    const { signer } = disks.open(new ProcessGate());
    expect(signer.sign(request(1, 2))).toMatchObject({ code: "SIGN_CONFLICT" });
  });

  it("forgets where it is told to, and where the disk lies", () => {
    const disks = newDisks();
    disks.open(new ProcessGate()).signer.sign(request(1, 1));
    disks.wipe();
    expect(disks.open(new ProcessGate()).signer).toMatchObject({ last: undefined, isLost: true });
    disks.renew();
    expect(disks.open(new ProcessGate()).signer).toMatchObject({ last: undefined, isLost: false });
    disks.lies = true;
    disks.open(new ProcessGate()).signer.sign(request(1, 1));
    disks.crash("everything");
    expect(disks.open(new ProcessGate()).signer.last).toBeUndefined();
  });

  it("signs nothing while the disk is in trouble", () => {
    const disks = newDisks();
    disks.trouble = "EIO";
    expect(() => disks.open(new ProcessGate()).signer.sign(request(1, 1))).toThrow("EIO");
    disks.trouble = undefined;
    expect(disks.open(new ProcessGate()).signer.last).toBeUndefined();
  });
});
