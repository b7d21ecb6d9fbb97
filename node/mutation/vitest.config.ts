// The unit tests that judge a mutant, run in a copy of node/. For run-mutants.ts only.

import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  test: {
    include: ["node/{src,sim}/**/*.test.ts"],
    testTimeout: 20_000,
    maxWorkers: 1,
    // The files share one worker, as starting one for each takes longer than the tests.
    isolate: false,
    bail: 1,
    reporters: ["dot"],
  },
});
