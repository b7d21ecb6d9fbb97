import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Turns } from "./turns.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets some turns of the event loop go by. */
async function someTurns(): Promise<void> {
  for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
}

it("pauses after a long call as long as the call took, and not after a short one", async () => {
  let nowMs = 0;
  const turns = new Turns(() => nowMs);
  const ran: string[] = [];
  const call = (name: string, tookMs: number) =>
    turns.run(
      "a",
      () => {
        ran.push(name);
        nowMs += tookMs;
      },
      false,
    );
  const all = [call("short", 1), call("long", 400), call("next", 1)];
  await someTurns();
  expect(ran).toEqual(["short", "long"]);
  vi.advanceTimersByTime(399);
  await someTurns();
  expect(ran).toHaveLength(2);
  vi.advanceTimersByTime(1);
  await Promise.all(all);
  expect(ran).toEqual(["short", "long", "next"]);
});

it("lets others have their turn while a call waits, and goes on after one that fails", async () => {
  const turns = new Turns(() => 0);
  let finish = (): void => {};
  const waiting = turns.run(
    "a",
    () =>
      new Promise<string>((resolve) => {
        finish = () => resolve("waited");
      }),
    true,
  );
  const failing = turns.run("a", () => Promise.reject(new Error("no")), false);
  await expect(failing).rejects.toThrow("no");
  expect(await turns.run("a", () => "after", false)).toBe("after");
  finish();
  expect(await waiting).toBe("waited");
});

it("serves clients in rotation, and the calls of each in the order of asking", async () => {
  const turns = new Turns(() => 0);
  const ran: string[] = [];
  const call = (client: string, name: string) =>
    turns.run(client, () => void ran.push(client + name), false);
  const greedy = [1, 2, 3, 4].map((n) => call("a", String(n)));
  await Promise.all([...greedy, call("b", "1"), call("c", "1"), call("b", "2")]);
  expect(ran).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
});
