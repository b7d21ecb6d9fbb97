// A cluster as the start script and the cluster tests talk to it: apply, read, wait, and call a node's
// HTTP ports through the API server's proxy (no port-forward, no address of a pod).

import type { Cluster } from "../cluster/cluster.ts";
import { type KubectlTarget, kubectl } from "../cluster/kubectl.ts";
import { ToolingError } from "../coded-error.ts";

const CALL_MS = 30_000;

/** A Kubernetes object as JSON, as far as callers look into it. */
export interface KubeJson {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export class KubeAccess {
  readonly cluster: Cluster;
  readonly namespace: string;

  constructor(cluster: Cluster, namespace: string) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  async run(
    args: readonly string[],
    options: { input?: string; timeoutMs?: number; allowFailure?: boolean } = {},
  ) {
    const target: KubectlTarget = this.cluster;
    return await kubectl(target, ["--namespace", this.namespace, ...args], {
      timeoutMs: options.timeoutMs ?? CALL_MS,
      input: options.input,
      allowFailure: options.allowFailure,
    });
  }

  /** Applies objects as the server validates them; strict: an unknown field is an error. */
  async apply(objects: string | object): Promise<void> {
    const input = typeof objects === "string" ? objects : JSON.stringify(objects);
    await this.run(["apply", "--server-side", "--validate=strict", "-f", "-"], { input });
  }

  async ensureNamespace(): Promise<void> {
    await this.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: this.namespace } });
  }

  /** The object, or undefined where there is none. */
  async find(kind: string, name: string): Promise<KubeJson | undefined> {
    const { stdout } = await this.run(["get", kind, name, "--ignore-not-found", "-o", "json"]);
    return stdout.trim() === "" ? undefined : (JSON.parse(stdout) as KubeJson);
  }

  async list(kind: string, selector = ""): Promise<readonly KubeJson[]> {
    const { stdout } = await this.run(["get", kind, "-l", selector, "-o", "json"]);
    return (JSON.parse(stdout) as { items: readonly KubeJson[] }).items;
  }

  /** GET on a port of a pod or service through the API server; the body. */
  async proxyGet(
    target: `${"pods" | "services"}/${string}:${number}`,
    path: string,
  ): Promise<string> {
    const url = `/api/v1/namespaces/${this.namespace}/${target}/proxy${path}`;
    return (await this.run(["get", "--raw", url])).stdout;
  }

  /** JSON-RPC to the network's ready nodes. */
  async rpc<T>(
    network: string,
    rpcPort: number,
    method: string,
    params: readonly unknown[] = [],
  ): Promise<T> {
    const url = `/api/v1/namespaces/${this.namespace}/services/${network}-rpc:${rpcPort}/proxy/`;
    const input = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const { stdout } = await this.run(["create", "--raw", url, "-f", "-"], {
      input,
      timeoutMs: 60_000,
    });
    const answer = JSON.parse(stdout) as { result?: T; error?: { code: number; message: string } };
    if (answer.error !== undefined) {
      throw new ToolingError({
        code: "NETWORK_RPC",
        thing: method,
        place: `service ${this.namespace}/${network}-rpc`,
        reason: answer.error.message,
      });
    }
    return answer.result as T;
  }
}
