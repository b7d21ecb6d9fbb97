// The unit tests that judge a mutant, with its module in place of the real one. For run-mutants.ts only.

import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { mutatedModule } from "./mutant-file.ts";

const { path, source } = mutatedModule();

export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  plugins: [
    {
      name: "mutant",
      enforce: "pre",
      load: (id) => (id.split("?")[0] === path ? source : undefined),
    },
  ],
  test: {
    include: ["node/{src,sim,test}/**/*.test.ts"],
    testTimeout: 20_000,
    maxWorkers: 1,
    bail: 1,
    reporters: ["dot"],
  },
});
