// kubectl against one cluster: always with an explicit kubeconfig and context, never the user's
// current one. Called by kind-cluster.ts and cluster.ts.
import { type RunOptions, type RunResult, run } from "../run-command.ts";

export interface KubectlTarget {
  readonly kubectlPath: string;
  readonly kubeconfigPath: string;
  readonly context: string;
}

/** Runs kubectl with the target's flags before `args`. */
export async function kubectl(
  target: KubectlTarget,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const flags = ["--kubeconfig", target.kubeconfigPath, "--context", target.context];
  return await run(target.kubectlPath, [...flags, ...args], options);
}
