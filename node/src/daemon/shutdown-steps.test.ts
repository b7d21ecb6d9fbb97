import { describe, expect, it } from "vitest";
import type { Log } from "../ports.ts";
import { ShutdownSteps } from "./shutdown-steps.ts";

const LONG_MS = 10_000;

function world(timeoutMs = LONG_MS) {
  const failed: unknown[] = [];
  const nothing = (): void => undefined;
  const log: Log = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (fields) => failed.push((fields as { step: unknown }).step),
  };
  const steps = new ShutdownSteps(log, timeoutMs);
  const closed: string[] = [];
  const add = (what: string): void => steps.add(what, () => void closed.push(what));
  return { steps, closed, failed, add };
}

describe("ShutdownSteps", () => {
  it("closes in reverse, each after the one before it is closed", async () => {
    const { steps, closed, add } = world();
    add("lock");
    steps.add("store", async () => {
      await Promise.resolve();
      closed.push("store");
    });
    add("links");
    await steps.run();
    expect(closed).toEqual(["links", "store", "lock"]);
  });

  it("closes once, however often it is told to", async () => {
    const { steps, closed, add } = world();
    add("store");
    await Promise.all([steps.run(), steps.run()]);
    await steps.run();
    expect(closed).toEqual(["store"]);
  });

  it("passes over a step that fails, and says which", async () => {
    const { steps, closed, failed, add } = world();
    add("lock");
    steps.add("store", () => Promise.reject(new Error("the disk is gone")));
    steps.add("links", () => {
      throw new Error("no link");
    });
    await steps.run();
    expect(closed).toEqual(["lock"]);
    expect(failed).toEqual(["links", "store"]);
  });

  it("passes over a step that never ends, and still reaches the others", async () => {
    const { steps, closed, failed, add } = world(20);
    add("lock");
    steps.add("stuck", () => new Promise<void>(() => undefined));
    await steps.run();
    expect(closed).toEqual(["lock"]);
    expect(failed).toEqual(["stuck"]);
  });
});
