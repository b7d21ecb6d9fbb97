import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { memoryFlags } from "./memory-flags.ts";

const heapLimitMib = (env: Record<string, string>): number => {
  const program = "console.log(require('node:v8').getHeapStatistics().heap_size_limit)";
  const args = [...memoryFlags(env), "--eval", program];
  const output = execFileSync(process.execPath, args, { env, encoding: "utf8" });
  return Number(output) / 1024 ** 2;
};

describe("memoryFlags", () => {
  it("bounds the heap of a process that is started with them", () => {
    expect(heapLimitMib({})).toBeLessThan(1_200);
  });

  it("leaves to NODE_OPTIONS what it sets", () => {
    expect(heapLimitMib({ NODE_OPTIONS: "--max-old-space-size=3000" })).toBeGreaterThan(2_900);
    expect(heapLimitMib({ NODE_OPTIONS: "--max_old_space_size=3000" })).toBeGreaterThan(2_900);
  });
});
