import { defineConfig } from "vitest/config";

// One project a level (docs/adr/0002): what a level needs is known before it runs. A test's timeout
// tells a hang, never a slow machine: each is many times what its slowest test takes.
// Unit tests share a process and its modules with other files, in no certain order: loading all anew for
// each file was 40 % of their time. Nothing in them may change what is global.
const project = (name: string, include: string[], testTimeout: number, isUnit = false) => ({
  extends: true as const,
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    ...(isUnit ? { isolate: false } : { fileParallelism: false, maxWorkers: 1 }),
  },
});

export default defineConfig({
  test: {
    // All cores: by default one is left idle, which is half of a small machine.
    maxWorkers: "100%",
    expect: { poll: { timeout: 60_000 } },
    projects: [
      project(
        "unit",
        [
          "scripts/**/*.test.ts",
          "node/{src,sim,test,mutation}/**/*.test.ts",
          "operator/{src,test}/**/*.test.ts",
          "e2e/tools/**/*.test.ts",
        ],
        180_000,
        true,
      ),
      project("process", ["e2e/process/**/*.test.ts"], 300_000),
      project("image", ["e2e/image/**/*.test.ts"], 600_000),
      project("cluster", ["e2e/cluster/**/*.test.ts"], 900_000),
    ],
  },
});
