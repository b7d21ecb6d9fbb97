/**
 * What the conformance suite runs against, and the small objects it makes there.
 */
import type { KubeHttp } from "../src/kube/http.ts";
import type { KubeObject } from "../src/kube/types.ts";

export interface ConformanceTarget {
  readonly http: KubeHttp;
  /** Exists, and holds nothing of these tests. */
  readonly namespace: string;
  dispose(): Promise<void>;
}

/** The target once it is connected. */
export type Server = () => ConformanceTarget;

export const configMap = (
  server: ConformanceTarget,
  name: string,
  more: object = {},
): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: server.namespace, ...more },
  data: { a: "1" },
});

/** How long a server may take to show what was written. */
export const PATIENCE = { timeout: 15_000 };
