// Kills the processes of a pod with SIGKILL from the machine's side, as a crash would: no signal handler
// runs, no drain, no eviction. Works on kind, whose nodes are containers of the local engine.

import { docker } from "../cluster/docker.ts";
import type { KubeAccess, KubeJson } from "./kube-access.ts";

/** Finds the pod's processes by the cgroup that the kubelet named after its UID. */
const KILL_BY_UID = `
killed=0
for dir in /proc/[0-9]*; do
  if grep -qE "$1|$2" "$dir/cgroup" 2>/dev/null && ! grep -q pause "$dir/comm" 2>/dev/null; then
    kill -9 "\${dir#/proc/}" 2>/dev/null && killed=$((killed + 1))
  fi
done
echo "$killed"
`;

/** Kills all containers of a pod but its pause container; the number of processes killed. */
export async function killPodProcesses(kube: KubeAccess, pod: KubeJson): Promise<number> {
  const node = (pod.spec as { nodeName: string }).nodeName;
  const { uid } = pod.metadata;
  const { stdout } = await docker(
    ["exec", node, "bash", "-c", KILL_BY_UID, "kill-pod", uid, uid.replaceAll("-", "_")],
    { timeoutMs: 30_000 },
  );
  const killed = Number(stdout.trim());
  if (killed === 0)
    throw new Error(
      `no process of pod ${kube.namespace}/${pod.metadata.name} was found on ${node}`,
    );
  return killed;
}
