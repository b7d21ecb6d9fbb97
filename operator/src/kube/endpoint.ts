/**
 * Where the API server is and how to speak to it: a base URL and, before each call, the TLS and
 * authentication options of that moment. client-node knows kubeconfigs, exec plugins, OIDC and rotated
 * token files; only that is taken from it. Its agent has no keep-alive, so an own one replaces it,
 * except behind a proxy. Used by Transport; tests give a plain-HTTP endpoint.
 */
import type { OutgoingHttpHeaders } from "node:http";
import { Agent, type RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { KubeError } from "./errors.ts";

export interface EndpointOptions extends RequestOptions {
  headers: OutgoingHttpHeaders;
}

export interface Endpoint {
  readonly server: URL;
  /** Headers, TLS material and agent for the next call; may read files or run an exec plugin. */
  requestOptions(): Promise<EndpointOptions>;
}

/** At most this many connections at once; each watch holds one. */
const MAX_SOCKETS = 128;
const TCP_KEEP_ALIVE_MS = 30_000;

/** The endpoint of the current context of `config`. Throws Credentials where there is no cluster. */
export function kubeEndpoint(config: KubeConfig): Endpoint {
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new KubeError({
      code: "Credentials",
      message: "the kubeconfig names no current cluster",
    });
  }
  const agents = new RotatingAgent();
  const direct = cluster.proxyUrl === undefined || cluster.proxyUrl === "";
  return {
    server: new URL(cluster.server),
    async requestOptions() {
      const headers: OutgoingHttpHeaders = {};
      const options = { headers };
      await config.applyToHTTPSOptions(options);
      // A token file that ends in a newline would make an illegal header.
      const authorization = headers["Authorization"];
      if (typeof authorization === "string") headers["Authorization"] = authorization.trim();
      return direct ? { ...options, agent: agents.agentFor(options) } : options;
    },
  };
}

/** One keep-alive agent for as long as the TLS material stays the same; a rotation starts a new one. */
class RotatingAgent {
  #agent: Agent | undefined;
  #material = "";

  agentFor(options: EndpointOptions): Agent {
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const material = JSON.stringify([ca, cert, key, servername, rejectUnauthorized].map(String));
    if (this.#agent === undefined || material !== this.#material) {
      this.#material = material;
      this.#agent = new Agent({
        keepAlive: true,
        keepAliveMsecs: TCP_KEEP_ALIVE_MS,
        maxSockets: MAX_SOCKETS,
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(servername === undefined ? {} : { servername }),
        ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      });
    }
    return this.#agent;
  }
}
