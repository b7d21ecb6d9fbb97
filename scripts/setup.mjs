// Brings node_modules in step with package-lock.json before any other script runs.
// Plain JavaScript without dependencies: it runs on whatever Node the machine has, on a bare clone.
// Other scripts call it as `npm run setup`, not as `node …`: a shell that has found the machine's node
// once keeps to it, and would not see the Node 24 that this brings.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".timecoin-setup");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  const startedMs = Date.now();
  console.log("==> dependencies: npm ci");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (result.status !== 0) {
    console.error(
      "error SETUP_DEPENDENCIES: `npm ci` failed in this checkout; the reason is above.",
    );
    console.error(
      "next: check that the npm registry is reachable (`npm ping`), then run the same command again.",
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
  console.log(`==> dependencies: ready (${((Date.now() - startedMs) / 1000).toFixed(0)} s)`);
}
