// The HTTP listeners of the daemon: operations and RPC, and the admin API over TLS. Each has its own
// port and its own places for connections, so that none is filled by the clients of another. Opened by
// daemon.ts and control.ts.

import { type HttpListener, listenHttp } from "../adapters/http-server.ts";
import type { NodeLog } from "../adapters/log.ts";
import type { PromMetrics } from "../adapters/metrics.ts";
import { systemClock } from "../adapters/system-clock.ts";
import type { NodeIdentity } from "../adapters/ws-transport/handshake/node-identity.ts";
import type { NodeConfig } from "../config.ts";
import { createAdminApp } from "../ops/admin-app.ts";
import type { AdminFacts } from "../ops/admin-facts.ts";
import type { BearerToken } from "../ops/bearer-token.ts";
import { createOpsApp } from "../ops/ops-app.ts";
import type { NodeStatus } from "../ops/status-schema.ts";
import type { NodeFacts } from "../rpc/node-facts.ts";
import { createRpcApp } from "../rpc/rpc-app.ts";
import type { InvariantError } from "../types/errors.ts";
import { measureSync } from "./sync-state.ts";

interface Tools {
  readonly config: NodeConfig;
  readonly log: NodeLog;
  readonly metrics: PromMetrics;
}

interface OpsParts {
  readonly status: () => NodeStatus;
  readonly isStarted: () => boolean;
}

export async function openOps(
  { config, log, metrics }: Tools,
  { status, isStarted }: OpsParts,
): Promise<HttpListener> {
  const { contentType } = metrics;
  const text = (): Promise<string> => {
    measureSync(metrics, status().sync);
    return metrics.text();
  };
  const app = createOpsApp({
    facts: { nowMs: () => Date.now(), isStarted, status },
    metrics: { contentType, text },
    log: log.child({ part: "ops" }),
  });
  return await listenHttp(app, { what: "operations", ...config.ops });
}

interface RpcParts extends Tools {
  readonly facts: NodeFacts;
  readonly crash: (error: InvariantError) => void;
}

export async function openRpc({ config, log, ...parts }: RpcParts): Promise<HttpListener> {
  const { maxBatch, maxBodyBytes, ...place } = config.rpc;
  const { host, port, hostNames, maxConnections, maxPerAddress } = place;
  const app = createRpcApp({
    facts: parts.facts,
    log: log.child({ part: "rpc" }),
    metrics: parts.metrics,
    maxBatch,
    maxBodyBytes,
    monotonicMs: () => systemClock.monotonicMs(),
    crash: parts.crash,
  });
  const limits = { maxConnections, maxPerAddress };
  return await listenHttp(app, { what: "RPC", host, port, hostNames, ...limits });
}

interface AdminParts {
  readonly config: NodeConfig;
  readonly log: NodeLog;
  readonly identity: NodeIdentity;
  readonly facts: AdminFacts;
  readonly token: () => BearerToken;
}

/** Its certificate is the one of the peer links: who knows the node id knows whom it talks to. */
export async function openAdmin(parts: AdminParts): Promise<HttpListener> {
  const { config, log, identity, facts, token } = parts;
  const app = createAdminApp({ facts, token, log: log.child({ part: "admin" }) });
  const { host, port } = config.admin;
  return await listenHttp(app, { what: "admin", host, port, tls: identity.serverOptions() });
}
