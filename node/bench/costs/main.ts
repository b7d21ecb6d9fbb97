// node node/bench/costs/main.ts: measures what production code costs on this machine and writes the
// table, node/sim/timed/costs.json. It takes about two minutes. CPU times are the best of several rounds,
// since other work on the machine makes them longer, never shorter.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import type { MeasuredCosts } from "../../sim/timed/costs.ts";
import { createMetrics } from "../../src/adapters/metrics.ts";
import { openSigningKey } from "../../src/crypto/keys.ts";
import { createVerifiedCache } from "../../src/crypto/verified-cache.ts";
import { verifyBackend, verifySignature } from "../../src/crypto/verify.ts";
import { measureDisks } from "./disks.ts";
import { measureHandling } from "./handling.ts";
import { measureIdleDaemon } from "./idle-daemon.ts";
import { measureLinks } from "./links.ts";
import { cpuUsOf, rounded } from "./stopwatch.ts";

const say = (line: string): void => console.error(line);

async function measureSignatures() {
  const key = openSigningKey(new Uint8Array(32).fill(7));
  const message = new Uint8Array(120).fill(3);
  const signature = key.sign(message);
  const cache = createVerifiedCache(verifySignature, 100);
  return {
    verifyUs: rounded(
      await cpuUsOf(3_000, () => verifySignature(signature, message, key.publicKey)),
    ),
    verifyAgainUs: rounded(
      await cpuUsOf(20_000, () => cache.verify(signature, message, key.publicKey)),
    ),
    signUs: rounded(await cpuUsOf(3_000, () => key.sign(message))),
  };
}

/** What the driver counts for each frame that goes out (driver/peers/outbound.ts). */
function measureCounting(): Promise<number> {
  const metrics = createMetrics({ runtime: false });
  return cpuUsOf(20_000, () => {
    metrics.count("p2p_messages_total", { direction: "out", type: "vote" });
    metrics.count("p2p_bytes_total", { direction: "out", type: "vote" }, 112);
  });
}

const directory = mkdtempSync(join(tmpdir(), "timecoin-costs-"));
try {
  say("signatures");
  const signatures = await measureSignatures();
  const countingUs = await measureCounting();
  say("links");
  const links = await measureLinks();
  say("disks");
  const disks = await measureDisks(directory, signatures.signUs);
  say("an idle daemon");
  const upkeepUsPerSecond = await measureIdleDaemon(join(directory, "devnet"));
  const handling = measureHandling(countingUs, say);
  const send = { ...links.send, baseUs: rounded(links.send.baseUs + countingUs) };
  const measured: MeasuredCosts = {
    machine: `${availableParallelism()} cores, ${cpus()[0]?.model ?? "unknown"}`,
    date: new Date().toISOString().slice(0, 10),
    versions: { node: process.version, signatures: verifyBackend() },
    command: "node node/bench/costs/main.ts",
    costs: { ...handling, ...links, send, ...signatures, ...disks, upkeepUsPerSecond },
  };
  const file = new URL("../../sim/timed/costs.json", import.meta.url);
  writeFileSync(file, `${JSON.stringify(measured, undefined, 2)}\n`);
  say(`written: ${file.pathname}`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
