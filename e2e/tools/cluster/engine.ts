// The container engine: the one that answers is used as it is; where none does, a root process on
// Debian installs docker.io and starts dockerd by hand, detached, with its data below the cache.
// The engine outlives the command that started it; `stopOwnEngine` stops it by its recorded pid
// and never touches an engine that somebody else started. Called by cluster.ts.
import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import { lastLines } from "../run-command.ts";
import { canInstallPackages, ensurePackages } from "./apt-packages.ts";
import { cachePath, logPath } from "./cache.ts";
import { lacksSysResource } from "./capability.ts";
import { askEngine, docker, type EngineInfo } from "./docker.ts";
import { isSameProcess, type ProcessIdentity, processIdentity } from "./process-identity.ts";
import { ensureRuntimeWrapper } from "./runtime-wrapper.ts";

const startTimeoutMs = 90_000;
const stopTimeoutMs = 90_000;
const pollMs = 250;

/** Where the record of the engine that this tooling started is kept. */
const recordPath = () => cachePath("engine", "started.json");
const socketPath = "/var/run/docker.sock";
/** Run-time state of an engine of ours; apart from that of a packaged one. */
const execRoot = "/var/run/timecoin-docker";
const containerdPidPath = `${execRoot}/containerd/containerd.pid`;

/** The settings of an engine of our own. Its configuration file replaces the machine's. */
export function daemonConfig(
  dataRoot: string,
  pidFile: string,
  runtime: string | undefined,
): Record<string, unknown> {
  return {
    "data-root": dataRoot,
    "exec-root": execRoot,
    pidfile: pidFile,
    hosts: [`unix://${socketPath}`],
    "storage-driver": "overlay2",
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m", "max-file": "2" },
    ...(runtime === undefined
      ? {}
      : {
          runtimes: { "timecoin-runc": { path: runtime } },
          "default-runtime": "timecoin-runc",
        }),
  };
}

/** What Debian calls the engine: since 13 its command line is a package of its own. */
export function enginePackages(osRelease: string): string[] {
  const release = Number(/^VERSION_ID="?(\d+)/m.exec(osRelease)?.[1] ?? 0);
  const isSplit = /^ID=debian$/m.test(osRelease) && release >= 13;
  return ["docker.io", "iptables", "runc", ...(isSplit ? ["docker-cli"] : [])];
}

/** An engine that answers. Errors: CLUSTER_ENGINE_MISSING, CLUSTER_ENGINE_START, CLUSTER_PACKAGES*. */
export async function ensureEngine(progress: Progress, yes: boolean): Promise<EngineInfo> {
  const answering = await askEngine();
  if (answering !== undefined) {
    const whose = ownEngine() === undefined ? "the one that answers" : "started here before";
    progress.say("engine", `Docker ${answering.serverVersion}, ${whose}`);
    return answering;
  }
  const host = process.env["DOCKER_HOST"];
  if (host !== undefined && host !== "" && host !== `unix://${socketPath}`) {
    throw missing(`DOCKER_HOST is ${host}, and no engine answers there`);
  }
  if (!canInstallPackages()) throw missing("none answers, and this process is not root on Debian");
  progress.say("engine", "none answers; this is root on Debian, so one is started here");
  await ensurePackages(progress, {
    purpose: "for the container engine",
    packages: enginePackages(readFileSync("/etc/os-release", "utf8")),
    yes,
  });
  const started = await askEngine();
  if (started !== undefined) {
    progress.say("engine", `Docker ${started.serverVersion}, started by its package`);
    return started;
  }
  const runtime = lacksSysResource() ? await ensureRuntimeWrapper(progress) : undefined;
  if (runtime !== undefined) {
    progress.say("engine", "CAP_SYS_RESOURCE is missing here; containers start without it");
  }
  return await progress.step("engine", "starting dockerd", async () => await startDaemon(runtime));
}

async function startDaemon(runtime: string | undefined): Promise<EngineInfo> {
  const previous = ownEngine();
  const pidFile = cachePath("engine", "dockerd.pid");
  if (previous === undefined) removeStalePids(pidFile);
  const config = cachePath("engine", "daemon.json");
  const content = daemonConfig(cachePath("engine", "data"), pidFile, runtime);
  writeFileSync(config, `${JSON.stringify(content, null, 2)}\n`);
  const pid = previous?.pid ?? spawnDaemon(config);
  const deadlineMs = performance.now() + startTimeoutMs;
  while (performance.now() < deadlineMs) {
    const info = await askEngine();
    if (info !== undefined) return info;
    if (!existsSync(`/proc/${pid}`)) throw startFailure("it ended before it answered");
    await delay(pollMs);
  }
  throw startFailure(`no answer after ${startTimeoutMs / 1000} s`);
}

/**
 * Pid files that outlived their processes: dockerd refuses to start beside its own, and waits in
 * vain for a containerd that is dead but not yet reaped. A containerd that lives is taken over.
 */
function removeStalePids(pidFile: string): void {
  rmSync(pidFile, { force: true });
  if (!existsSync(containerdPidPath)) return;
  const pid = Number(readFileSync(containerdPidPath, "utf8"));
  if (processIdentity(pid) === undefined) rmSync(containerdPidPath, { force: true });
}

function spawnDaemon(config: string): number {
  const log = openSync(logPath("dockerd"), "a");
  const daemon = spawn("dockerd", ["--config-file", config], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
    env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
  });
  daemon.on("error", () => undefined); // seen as a missing pid below
  daemon.unref();
  if (daemon.pid === undefined) throw startFailure("dockerd could not be started");
  const identity = processIdentity(daemon.pid);
  if (identity !== undefined) writeFileSync(recordPath(), `${JSON.stringify(identity)}\n`);
  return daemon.pid;
}

/** The engine that this tooling started and that still runs. */
export function ownEngine(): ProcessIdentity | undefined {
  const path = recordPath();
  if (!existsSync(path)) return undefined;
  const identity = JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  return isSameProcess(identity) ? identity : undefined;
}

/**
 * Stops the engine that this tooling started. Returns whether there was one.
 * Errors: CLUSTER_ENGINE_BUSY where containers run on it: somebody else's work would be cut off.
 */
export async function stopOwnEngine(progress: Progress): Promise<boolean> {
  const engine = ownEngine();
  if (engine === undefined) {
    rmSync(recordPath(), { force: true });
    return false;
  }
  const running = await runningContainers();
  if (running.length > 0) throw busy(running);
  await progress.step("engine", "stopping dockerd", async () => {
    process.kill(engine.pid, "SIGTERM");
    const deadlineMs = performance.now() + stopTimeoutMs;
    while (isSameProcess(engine) && performance.now() < deadlineMs) await delay(pollMs);
    if (isSameProcess(engine)) process.kill(engine.pid, "SIGKILL");
    rmSync(recordPath(), { force: true });
  });
  return true;
}

/** Names of running containers, those of a build in progress among them. */
async function runningContainers(): Promise<string[]> {
  const result = await docker(["ps", "--format", "{{.Names}}"], { timeoutMs: 30_000 });
  return result.stdout.split("\n").filter((name) => name !== "");
}

function busy(running: readonly string[]): ToolingError {
  return new ToolingError({
    code: "CLUSTER_ENGINE_BUSY",
    thing: "the engine",
    place: socketPath,
    reason: `${running.length} containers still run on it: ${running.slice(0, 5).join(", ")}`,
  });
}

function missing(reason: string): ToolingError {
  return new ToolingError({
    code: "CLUSTER_ENGINE_MISSING",
    thing: "a Docker engine",
    place: process.env["DOCKER_HOST"] ?? socketPath,
    reason,
  });
}

function startFailure(reason: string): ToolingError {
  const log = logPath("dockerd");
  return new ToolingError({
    code: "CLUSTER_ENGINE_START",
    thing: "dockerd",
    place: cachePath("engine"),
    reason,
    action: `Read ${log}, remove what it names, then run the same command again.`,
    logTail: existsSync(log) ? lastLines(readFileSync(log, "utf8")) : [],
  });
}
