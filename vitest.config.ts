import { defineConfig } from "vitest/config";

// One project a level (docs/adr/0002): what a level needs is known before it runs. A test's timeout
// tells a hang, never a slow machine: each is many times what its slowest test takes.
const project = (name: string, include: string[], testTimeout: number, parallel = true) => ({
  extends: true as const,
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    ...(parallel ? {} : { fileParallelism: false, maxWorkers: 1 }),
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
          "e2e/src/**/*.test.ts",
        ],
        180_000,
      ),
      project("process", ["e2e/process/**/*.test.ts"], 300_000, false),
      project("image", ["e2e/image/**/*.test.ts"], 600_000, false),
      project("cluster", ["e2e/cluster/**/*.test.ts"], 900_000, false),
    ],
  },
});
