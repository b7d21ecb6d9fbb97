// One TimeCoinNetwork on a cluster, as the start script, the benchmarks and the cluster tests use it: apply
// it, wait for conditions, read its pods and the status that each node gives of itself.

import { type NodeStatus, NodeStatusSchema } from "@timecoin/node/status";
import { waitFor } from "../wait-for.ts";
import { type KubeAccess, type KubeJson } from "./kube-access.ts";

/** Operations and RPC ports of testnets and devnets. */
export const OPS_PORT = 24103;
export const RPC_PORT = 24101;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export class NetworkHandle {
  readonly kube: KubeAccess;
  readonly name: string;

  constructor(kube: KubeAccess, name: string) {
    this.kube = kube;
    this.name = name;
  }

  async object(): Promise<KubeJson | undefined> {
    return await this.kube.find("timecoinnetworks", this.name);
  }

  async condition(type: string): Promise<Condition | undefined> {
    const status = (await this.object())?.status as
      | { conditions?: readonly Condition[] }
      | undefined;
    return status?.conditions?.find((condition) => condition.type === type);
  }

  /** Waits until a condition has a status; what it says meanwhile is in the error. */
  async waitForCondition(type: string, wanted: string, timeoutMs: number): Promise<Condition> {
    return await waitFor(`${this.name}: ${type}=${wanted}`, timeoutMs, async () => {
      const condition = await this.condition(type);
      if (condition?.status === wanted) return { done: condition };
      return {
        waiting:
          condition === undefined
            ? "no such condition"
            : `${condition.reason}: ${condition.message}`,
      };
    });
  }

  /** The members' pods. */
  async pods(): Promise<readonly KubeJson[]> {
    return await this.kube.list("pods", `timecoin.dev/network=${this.name}`);
  }

  /** What the node in a pod says of itself. */
  async nodeStatus(pod: string): Promise<NodeStatus> {
    return NodeStatusSchema.parse(
      JSON.parse(await this.kube.proxyGet(`pods/${pod}:${OPS_PORT}`, "/status")),
    );
  }

  /** The status of every pod that answers. */
  async nodeStatuses(): Promise<ReadonlyMap<string, NodeStatus>> {
    const statuses = new Map<string, NodeStatus>();
    for (const pod of await this.pods()) {
      const status = await this.nodeStatus(pod.metadata.name).catch(() => undefined);
      if (status !== undefined) statuses.set(pod.metadata.name, status);
    }
    return statuses;
  }

  /** Waits until some node has committed `height`. */
  async waitForHeight(height: number, timeoutMs: number): Promise<void> {
    await waitFor(`${this.name}: height ${height}`, timeoutMs, async () => {
      const top = Math.max(
        0,
        ...[...(await this.nodeStatuses()).values()].map((status) => status.height),
      );
      return top >= height ? { done: undefined } : { waiting: `height ${top}` };
    });
  }

  async rpc<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    return await this.kube.rpc<T>(this.name, RPC_PORT, method, params);
  }

  async delete(): Promise<void> {
    await this.kube.run(
      ["delete", "timecoinnetworks", this.name, "--wait=true", "--ignore-not-found"],
      {
        timeoutMs: 120_000,
      },
    );
    await waitFor(`${this.name}: its pods are gone`, 120_000, async () => {
      const pods = await this.pods();
      return pods.length === 0 ? { done: undefined } : { waiting: `${pods.length} pods left` };
    });
  }
}
