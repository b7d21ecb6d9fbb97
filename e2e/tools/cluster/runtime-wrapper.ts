// Builds the OCI runtime wrapper (runc-wrapper/main.go), after its own tests passed. Cached by
// the content of its sources and the path of the real runtime. Called by engine.ts only where
// CAP_SYS_RESOURCE is missing.
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import { cachedFolder } from "./cache.ts";
import { contentKey, keyOfFiles } from "./content-key.ts";
import { runGo } from "./go-toolchain.ts";

const sourceFolder = join(import.meta.dirname, "runc-wrapper");
const sources = ["go.mod", "main.go", "main_test.go"];
const runtimePaths = ["/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc"];

/** The path of the wrapper. Errors: CLUSTER_ENGINE_RUNTIME, CLUSTER_GO_*. */
export async function ensureRuntimeWrapper(progress: Progress): Promise<string> {
  const runtime = runtimePaths.find((path) => existsSync(path));
  if (runtime === undefined) {
    throw new ToolingError({
      code: "CLUSTER_ENGINE_RUNTIME",
      thing: "runc",
      place: runtimePaths.join(", "),
      reason: "the engine's container runtime is not installed",
    });
  }
  const files = Object.fromEntries(sources.map((name) => [name, join(sourceFolder, name)]));
  const key = contentKey({ sources: keyOfFiles(files), runtime });
  const { path } = await cachedFolder("runtime", `runc-wrapper-${key}`, async (directory) => {
    await progress.step("engine", "building the runtime wrapper", async () => {
      for (const [name, file] of Object.entries(files)) cpSync(file, join(directory, name));
      const common = { cwd: directory, timeoutMs: 180_000, log: "runtime-wrapper" };
      await runGo({ ...common, args: ["test", "./..."] });
      const ldflags = `-s -w -X main.runtimePath=${runtime}`;
      await runGo({ ...common, args: ["build", "-trimpath", "-ldflags", ldflags, "-o", "runc"] });
      for (const name of sources) rmSync(join(directory, name));
    });
  });
  return join(path, "runc");
}
