// The size of the house: lines of product, simulator and tests now, beside those of version 0.1.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fromRoot } from "../tools/network/product-images.ts";
import type { Benchmark } from "./benchmark.ts";

/** Version 0.1, counted as linesOf counts. */
const VERSION_0_1 = { commit: "0e70c89", product: 31_265, simulator: 7_699, tests: 27_065 };
const FEWER = 1_000;

const isTest = (path: string): boolean =>
  /\.(test|bench)\.ts$|\/testing\/|^(node|operator)\/test\/|^e2e\/(process|image|cluster)\//.test(
    path,
  );

/** Lines of TypeScript in all files that git tracks or would track, and that `belongs` picks. */
function linesOf(belongs: (path: string) => boolean): number {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts"];
  return execFileSync("git", list, { cwd: fromRoot(), encoding: "utf8" })
    .split("\n")
    .filter((path) => path !== "" && belongs(path) && existsSync(fromRoot(path)))
    .reduce((sum, path) => sum + readFileSync(fromRoot(path), "utf8").split("\n").length - 1, 0);
}

const beside = (now: number, then: number): string =>
  `${now.toLocaleString("en")} lines (${now < then ? "" : "+"}${(now - then).toLocaleString("en")})`;

export const HOUSE_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "house.size",
    bar: `product <= ${(VERSION_0_1.product - FEWER).toLocaleString("en")} lines`,
    what: "lines of product, simulator and tests, beside version 0.1",
    measure: () => {
      const product = linesOf((path) => /^(node|operator)\/src\//.test(path) && !isTest(path));
      const simulator = linesOf((path) => path.startsWith("node/sim/") && !isTest(path));
      const tests = linesOf(isTest);
      return Promise.resolve({
        figure: `product ${beside(product, VERSION_0_1.product)}`,
        pass: product <= VERSION_0_1.product - FEWER,
        detail: `simulator ${beside(simulator, VERSION_0_1.simulator)}, tests ${beside(tests, VERSION_0_1.tests)}; in brackets: against commit ${VERSION_0_1.commit}`,
      });
    },
  },
];
