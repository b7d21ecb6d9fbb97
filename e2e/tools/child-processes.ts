// Programs that run on behalf of this process end with it: a SIGTERM, SIGINT or SIGHUP that ends
// this process first ends them. The listeners exist only while there are such programs. Called by the
// local networks of the process tests; run-command.ts has the same from execa.
import type { ChildProcess } from "node:child_process";

const running = new Map<ChildProcess, NodeJS.Signals>();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function passOn(signal: NodeJS.Signals): void {
  for (const [child, last] of running) child.kill(last);
  stopListening();
  // Without our listener the signal does what it always does: it ends this process.
  process.kill(process.pid, signal);
}

function stopListening(): void {
  for (const signal of signals) process.off(signal, passOn);
}

/** Ends `child` with this process by the signal `last`, until it ends by itself. */
export function endWithThisProcess(child: ChildProcess, last: NodeJS.Signals = "SIGTERM"): void {
  if (running.size === 0) for (const signal of signals) process.on(signal, passOn);
  running.set(child, last);
  const forget = (): void => {
    running.delete(child);
    if (running.size === 0) stopListening();
  };
  child.once("close", forget);
  child.once("error", forget);
}
