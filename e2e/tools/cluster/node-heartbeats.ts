// After a restart of its container a node still counts as ready for up to 40 seconds, also where it
// is dead, and scheduler and controllers wait until the lease of their former process ends. Leases
// show the truth: a kubelet renews its own every ten seconds, a leader every two.
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

/** What must beat: the leases, and how many of them. */
interface Heart {
  readonly args: readonly string[];
  readonly count: number;
}

/**
 * Waits until every node, the scheduler and the controllers have renewed their leases after
 * `since`; false where not all do in time.
 */
export async function haveHeartbeats(
  target: KubectlTarget,
  since: Date,
  nodes: number,
): Promise<boolean> {
  const leaders = ["kube-scheduler", "kube-controller-manager"];
  const hearts: readonly Heart[] = [
    { args: ["-n", "kube-node-lease", "get", "leases"], count: nodes },
    { args: ["-n", "kube-system", "get", "leases", ...leaders], count: leaders.length },
  ];
  const deadlineMs = performance.now() + limitMs;
  for (const heart of hearts) {
    while (!(await beats(target, since, heart))) {
      if (performance.now() > deadlineMs) return false;
      await delay(pollMs);
    }
  }
  return true;
}

async function beats(target: KubectlTarget, since: Date, heart: Heart): Promise<boolean> {
  const times = "jsonpath={.items[*].spec.renewTime}";
  const result = await kubectl(target, [...heart.args, "-o", times], {
    timeoutMs: 20_000,
    allowFailure: true,
  });
  return result.exitCode === 0 && areRenewed(result.stdout, since, heart.count);
}
