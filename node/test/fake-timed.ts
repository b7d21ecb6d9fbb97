// Stands in for timed in tests of the devnet: reads its configuration with the real loader, answers
// /status with a height that has risen to 1, ends on SIGTERM. FAKE_TIMED makes it misbehave:
// die (node-2 ends with code 3), deaf (ignores SIGTERM), stall (never makes a block).

import { createServer } from "node:http";
import { loadConfig } from "../src/config/load.ts";
import { onParentGone } from "../src/devnet/node-process.ts";
import { fakeStatus } from "./fake-status.ts";

const mode = process.env.FAKE_TIMED;
const loaded = loadConfig({ file: process.argv[4], env: process.env, directory: process.cwd() });
if (!loaded.ok) throw new Error(loaded.reason);
const { ops } = loaded.value.config;
console.log(`fake timed ${process.argv[2] ?? ""} on ${ops.host}:${ops.port}`);
if (mode === "die" && loaded.value.config.dataDir.includes("node-2")) {
  console.log("the last words");
  process.exit(3);
}
const status = fakeStatus({ height: mode === "stall" ? 0 : 1 });
createServer((_request, response) => response.end(JSON.stringify(status))).listen(
  ops.port,
  ops.host,
);
onParentGone(() => process.exit(0));
process.on("SIGTERM", () => {
  if (mode !== "deaf") process.exit(0);
});
