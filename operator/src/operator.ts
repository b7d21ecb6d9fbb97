/**
 * The composition root: builds every part of the operator from its settings and an API server, and runs
 * them. Tests build the same operator on the fake API server. Order of start: caches, then leadership,
 * then workers; of the end: workers, then the Lease, so that the next leader finds nobody at work.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { OperatorConfig } from "./config.ts";
import { type Clock, type Random, systemClock } from "./kube/clock.ts";
import { Controller } from "./kube/controller.ts";
import type { Endpoint } from "./kube/endpoint.ts";
import { EventRecorder } from "./kube/events.ts";
import { KubeHttp } from "./kube/http.ts";
import { LeaderElector } from "./kube/lease.ts";
import { OperatorMetrics } from "./metrics.ts";
import { httpProbe, NodeCollector, type NodeProbe } from "./reconcile/collector.ts";
import { GenesisReader } from "./reconcile/genesis-reader.ts";
import { KeyCustody } from "./reconcile/key-custody.ts";
import { networkReconcile } from "./reconcile/network.ts";
import { makeReflectors, type Reflectors, sourcesOf } from "./reconcile/stores.ts";

export interface OperatorParts {
  readonly config: OperatorConfig;
  readonly endpoint: Endpoint;
  readonly logger: Logger;
  /** Ends the process at once: the Lease is lost. */
  readonly onLost: () => void;
  readonly probe?: NodeProbe;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface Operator {
  readonly metrics: OperatorMetrics;
  isReady(): boolean;
  /** Works until `signal` aborts and everything has ended in order. */
  run(signal: AbortSignal): Promise<void>;
}

export function buildOperator(parts: OperatorParts): Operator {
  const { config, endpoint, logger, clock = systemClock, random = Math.random } = parts;
  const base = { endpoint, clock, random };
  const leading = Promise.withResolvers<void>();
  const elector = electorOf(parts, { ...base, onStarted: () => leading.resolve() });
  if (!config.leaderElection) leading.resolve();
  const metrics: OperatorMetrics = new OperatorMetrics({
    watchAges: () => watchAges(reflectors, clock),
    isLeader: () => !config.leaderElection || elector.isLeader(),
    eventsDropped: () => events.dropped,
  });
  const http = new KubeHttp({ ...base, onRequest: (sample) => metrics.requested(sample) });
  const identity = { controller: "timecoin.dev/operator", instance: config.instance };
  const events = new EventRecorder({ http, clock, random, logger, ...identity });
  const namespace = config.watchNamespace;
  const reflectors = makeReflectors({ http, namespace, clock, random, logger });
  const collector: NodeCollector = new NodeCollector({
    clock,
    probe: parts.probe ?? httpProbe(),
    onNews: (key) => controller.enqueue(key),
  });
  const { operatorClass, clusterDomain, ownNamespace, workers } = config;
  const services = { http, events, collector, reflectors, clock, operatorClass };
  const controller: Controller = new Controller({
    name: "network",
    sources: sourcesOf(reflectors),
    reconcile: networkReconcile({
      ...services,
      randomBytes: freshBytes,
      custody: new KeyCustody({ http, clock, randomBytes: freshBytes }),
      genesisReader: new GenesisReader(),
      observer: metrics,
      operator: { namespace: ownNamespace, clusterDomain },
    }),
    clock,
    random,
    logger,
    metrics,
    workers,
  });
  const running = { config, reflectors, collector, events, controller, elector, leading };
  return {
    metrics,
    isReady: () => Object.values(reflectors).every((reflector) => reflector.synced),
    run: (signal) => run(running, signal),
  };
}

/** The elector, with a client of its own, so that renewals never queue behind reconciles. */
function electorOf(
  { config, endpoint, logger, onLost }: OperatorParts,
  { clock, random, onStarted }: { clock: Clock; random: Random; onStarted: () => void },
): LeaderElector {
  return new LeaderElector({
    http: new KubeHttp({ endpoint, clock, random }),
    namespace: config.leaseNamespace,
    name: `timecoin-operator-${config.operatorClass}`,
    identity: `${config.instance}_${randomUUID()}`,
    clock,
    random,
    logger,
    onStarted,
    onLost,
  });
}

const freshBytes = (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes));

interface Running {
  readonly config: OperatorConfig;
  readonly reflectors: Reflectors;
  readonly collector: NodeCollector;
  readonly events: EventRecorder;
  readonly controller: Controller;
  readonly elector: LeaderElector;
  readonly leading: PromiseWithResolvers<void>;
}

async function run(parts: Running, signal: AbortSignal): Promise<void> {
  const background = new AbortController();
  const election = new AbortController();
  const caches = Object.values(parts.reflectors).map((each) => each.run(background.signal));
  const campaign = parts.config.leaderElection ? parts.elector.run(election.signal) : undefined;
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([parts.leading.promise, stopped]);
  const others = [parts.collector.run(background.signal), parts.events.run(background.signal)];
  await parts.controller.run(signal);
  background.abort();
  await Promise.all([...caches, ...others]);
  election.abort();
  await campaign;
}

function watchAges(reflectors: Reflectors, clock: Clock): ReadonlyMap<string, number> {
  const ages = new Map<string, number>();
  for (const [kind, { lastEventAtMs }] of Object.entries(reflectors)) {
    if (lastEventAtMs === undefined) continue;
    ages.set(kind, (clock.monotonicMs() - lastEventAtMs) / 1000);
  }
  return ages;
}
