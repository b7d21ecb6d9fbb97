/**
 * Finds the kubeconfig. Apart from the types in endpoint.ts this is the only import of client-node:
 * it costs 0.6 s and about 90 MB, so nothing but the programs' entry points should reach it. One
 * kubeconfig a process: client-node caches credentials by user name across configs.
 */
import { KubeConfig } from "@kubernetes/client-node";

export interface KubeConfigSource {
  /** A kubeconfig file; where absent: the service account in a pod, else the usual files. */
  readonly path?: string;
  readonly context?: string;
  readonly inCluster?: boolean;
}

/** Loads the configuration; throws where the file is unreadable or lacks the context. */
export function loadKubeConfig(source: KubeConfigSource): KubeConfig {
  const config = new KubeConfig();
  if (source.path !== undefined) config.loadFromFile(source.path);
  else if (source.inCluster === true) config.loadFromCluster();
  else config.loadFromDefault();
  if (source.context !== undefined) {
    if (config.getContextObject(source.context) === null) {
      throw new Error(`the kubeconfig has no context named ${source.context}`);
    }
    config.setCurrentContext(source.context);
  }
  return config;
}
