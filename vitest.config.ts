import { defineConfig } from "vitest/config";

// One project a level (docs/adr/0002): what a level needs is known before it runs.
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
    projects: [
      project(
        "unit",
        [
          "scripts/**/*.test.ts",
          "node/{src,sim,test,mutation}/**/*.test.ts",
          "operator/{src,test}/**/*.test.ts",
          "e2e/src/**/*.test.ts",
        ],
        20_000,
      ),
      project("process", ["e2e/process/**/*.test.ts"], 120_000, false),
      project("image", ["e2e/image/**/*.test.ts"], 600_000, false),
      project("cluster", ["e2e/cluster/**/*.test.ts"], 900_000, false),
    ],
  },
});
