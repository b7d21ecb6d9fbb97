// `npm run down`: removes all that `npm start` made: the cluster with its network, the engine that
// was started for it, and with --cache everything that was built. An engine that somebody else
// started and clusters that this cache did not make stay untouched.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cachePath, cacheRoot } from "./cluster/cache.ts";
import { deleteCluster, stopOwnEngine } from "./cluster/cluster.ts";
import { askEngine } from "./cluster/docker.ts";
import { ownEngine } from "./cluster/engine.ts";
import { formatFailure } from "./coded-error.ts";
import { parseOptions } from "./command-line.ts";
import { Progress } from "./progress.ts";

async function down(progress: Progress, withCache: boolean): Promise<void> {
  if ((await askEngine()) !== undefined) {
    const made = readdirSync(cachePath("clusters"));
    for (const name of made) await deleteCluster(name, progress);
    if (made.length === 0) progress.say("cluster", "none of this cache is there");
  }
  if (ownEngine() === undefined) progress.say("engine", "none was started here; nothing to stop");
  else await stopOwnEngine(progress);
  if (withCache && existsSync(cacheRoot())) {
    await progress.step("cache", `removing ${cacheRoot()}`, async () => {
      for (const name of readdirSync(cacheRoot())) {
        rmSync(join(cacheRoot(), name), { recursive: true, force: true });
      }
      await Promise.resolve();
    });
  }
}

try {
  const { values } = parseOptions(
    { options: { cache: { type: "boolean", default: false } } },
    "npm run down -- [--cache]",
  );
  await down(new Progress(), values.cache);
} catch (error) {
  console.error(formatFailure(error));
  process.exitCode = 1;
}
