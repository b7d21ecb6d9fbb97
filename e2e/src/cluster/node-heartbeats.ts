// After a restart of its container a node still counts as ready for up to 40 seconds, whether it
// lives or not. Its lease tells: a kubelet that runs renews it every ten seconds.
// Called by kind-cluster.ts after it started nodes again.
import { setTimeout as delay } from "node:timers/promises";
import { type KubectlTarget, kubectl } from "./kubectl.ts";

const limitMs = 120_000;
const pollMs = 500;

/** Were `count` leases renewed after `since`? `text` holds their renewal times. */
export function areRenewed(text: string, since: Date, count: number): boolean {
  const times = text.split(/\s+/).filter((time) => time !== "");
  return times.length >= count && times.every((time) => Date.parse(time) > since.getTime());
}

/** Waits until every node has renewed its lease after `since`; false where not all do in time. */
export async function haveHeartbeats(
  target: KubectlTarget,
  since: Date,
  count: number,
): Promise<boolean> {
  const times = "jsonpath={.items[*].spec.renewTime}";
  const args = ["-n", "kube-node-lease", "get", "leases", "-o", times];
  const deadlineMs = performance.now() + limitMs;
  while (performance.now() < deadlineMs) {
    const result = await kubectl(target, args, { timeoutMs: 20_000, allowFailure: true });
    if (result.exitCode === 0 && areRenewed(result.stdout, since, count)) return true;
    await delay(pollMs);
  }
  return false;
}
