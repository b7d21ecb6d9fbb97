// Programs that run on behalf of this process end with it: a SIGTERM, SIGINT or SIGHUP that ends
// this process is first passed on to them, so that no half-done `kind create` goes on alone.
// The listeners exist only while there are such programs. Called by run-command.ts.
import type { ChildProcess } from "node:child_process";

const running = new Set<ChildProcess>();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function passOn(signal: NodeJS.Signals): void {
  for (const child of running) child.kill("SIGTERM");
  stopListening();
  // Without our listener the signal does what it always does: it ends this process.
  process.kill(process.pid, signal);
}

function stopListening(): void {
  for (const signal of signals) process.off(signal, passOn);
}

/** Ends `child` with this process, until it ends by itself. */
export function endWithThisProcess(child: ChildProcess): void {
  if (running.size === 0) for (const signal of signals) process.on(signal, passOn);
  running.add(child);
  const forget = (): void => {
    running.delete(child);
    if (running.size === 0) stopListening();
  };
  child.once("close", forget);
  child.once("error", forget);
}
