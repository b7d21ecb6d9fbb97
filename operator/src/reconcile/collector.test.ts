import { describe, expect, it } from "vitest";
import { systemClock } from "../kube/clock.ts";
import { NodeCollector, type NodeProbe } from "./collector.ts";
import type { NodeAnswer } from "./node-probe.ts";

const ANSWER: NodeAnswer = {
  genesisHash: "9f",
  height: 1,
  lastCommitAtMs: undefined,
  lastSignedHeight: undefined,
  isStateLost: false,
};

const targets = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    member: `val-${i}`,
    podUID: `uid-${i}`,
    address: `10.0.0.${i}`,
    port: 1,
  }));

function bench(probe: Partial<NodeProbe> = {}) {
  const news: string[] = [];
  const collector = new NodeCollector({
    clock: systemClock,
    probe: { status: async () => ANSWER, safety: async () => undefined, ...probe },
    onNews: (key) => news.push(key),
  });
  return { collector, news };
}

describe("NodeCollector", () => {
  it("asks at most sixteen at a time, and all in the end", async () => {
    let running = 0;
    let most = 0;
    const { collector } = bench({
      status: async () => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        return ANSWER;
      },
    });
    collector.track("n", targets(50));
    await collector.askRound("n");
    expect(most).toBe(16);
    expect(collector.answerOf("n", "val-49", "uid-49")?.status).toEqual(ANSWER);
  });

  it("gives no answer of another pod of the member", async () => {
    const { collector } = bench();
    collector.track("n", targets(1));
    await collector.askRound("n");
    expect(collector.answerOf("n", "val-0", "uid-of-the-next")).toBeUndefined();
  });

  it("says whether it has asked: a first silence means nothing", async () => {
    const { collector } = bench({ status: async () => undefined });
    collector.track("n", targets(4));
    expect(collector.hasAsked("n")).toBe(false);
    await collector.askRound("n");
    expect(collector.hasAsked("n")).toBe(true);
    collector.track("empty", []);
    expect(collector.hasAsked("empty")).toBe(true);
  });

  it("asks for the safety of a stop only where the arbiter needs it", async () => {
    let asked = 0;
    const { collector } = bench({
      safety: async () => {
        asked++;
        return { safe: true, reason: "" };
      },
    });
    collector.track("n", targets(4));
    await collector.askRound("n");
    expect(asked).toBe(0);
    collector.attend("n", "Arbiter");
    await collector.askRound("n");
    expect(asked).toBe(4);
  });

  it("at rest tells only of who answers, in attention of every round", async () => {
    let answer: NodeAnswer | undefined = ANSWER;
    const { collector, news } = bench({ status: async () => answer });
    collector.track("n", targets(1));
    await collector.askRound("n");
    collector.attend("n", "Relaxed");
    await collector.askRound("n");
    expect(news).toHaveLength(1);
    answer = undefined;
    await collector.askRound("n");
    expect(news).toHaveLength(2);
  });

  it("forgets a network", async () => {
    const { collector } = bench();
    collector.track("n", targets(1));
    await collector.askRound("n");
    collector.forget("n");
    expect(collector.answerOf("n", "val-0", "uid-0")).toBeUndefined();
  });
});
