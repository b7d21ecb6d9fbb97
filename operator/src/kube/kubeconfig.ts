/**
 * Finds the kubeconfig. Apart from the types in endpoint.ts this is the only import of client-node:
 * it costs 0.6 s and about 90 MB, so nothing but the programs' entry points should reach it. One
 * kubeconfig a process: client-node caches credentials by user name across configs.
 */
import { KubeConfig } from "@kubernetes/client-node";
import { KubeError } from "./errors.ts";

export interface KubeConfigSource {
  /** A kubeconfig file. */
  readonly path?: string;
  /** The pod's service account; where neither is given, the usual files and variables. */
  readonly inCluster?: boolean;
  /** A context other than the file's current one. */
  readonly context?: string;
}

/** Loads the configuration. Throws Credentials where a file cannot be read or lacks the context. */
export function loadKubeConfig(source: KubeConfigSource): KubeConfig {
  const config = new KubeConfig();
  try {
    if (source.path !== undefined) config.loadFromFile(source.path);
    else if (source.inCluster === true) config.loadFromCluster();
    else config.loadFromDefault();
  } catch (cause) {
    const message = `cannot load the kubeconfig ${source.path ?? "of this environment"}`;
    throw new KubeError({ code: "Credentials", message, cause });
  }
  const { context } = source;
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) {
    const message = `the kubeconfig has no context named ${context}`;
    throw new KubeError({ code: "Credentials", message });
  }
  config.setCurrentContext(context);
  return config;
}
