/**
 * The operator's metrics, behind this one file so that the library can be exchanged. A new metric is
 * one line of the table. Figures per network are gauges that go when the network does.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ControllerMetrics, ReconcileSample } from "./kube/controller.ts";
import type { RequestSample } from "./kube/http-caller.ts";
import type { Decision } from "./plan/plan.ts";
import type { NetworkObserver } from "./reconcile/services.ts";

/** What is read at the time of a scrape. */
export interface ScrapeSources {
  /** Seconds since each watch last heard from the API server, by kind. */
  watchAges(): ReadonlyMap<string, number>;
  isLeader(): boolean;
  eventsDropped(): number;
}

type Named = (
  name: string,
  help: string,
  labelNames?: string[],
) => { name: string; help: string; labelNames: string[]; registers: Registry[] };

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class OperatorMetrics implements ControllerMetrics, NetworkObserver {
  readonly #registry = new Registry();
  readonly #reconciles: Counter;
  readonly #durations: Histogram;
  readonly #depth: Gauge;
  readonly #overdue: Gauge;
  readonly #requests: Histogram;
  readonly #margin: Gauge;
  readonly #blockedSeconds: Gauge;
  readonly #blockedSince = new Map<string, number>();

  constructor(sources: ScrapeSources) {
    const registers = [this.#registry];
    const named: Named = (name, help, labelNames = []) => ({
      name: `timecoin_operator_${name}`,
      help,
      labelNames,
      registers,
    });
    this.#reconciles = new Counter(
      named("reconcile_total", "Passes by result", ["controller", "result"]),
    );
    this.#durations = new Histogram({
      ...named("reconcile_duration_seconds", "Time of a pass", ["controller"]),
      buckets: SECONDS,
    });
    this.#depth = new Gauge(named("queue_depth", "Keys that wait for a worker", ["controller"]));
    this.#overdue = new Gauge(
      named("reconcile_overdue", "Passes beyond their time", ["controller"]),
    );
    this.#requests = new Histogram({
      ...named("api_request_duration_seconds", "Calls to the API server", [
        "verb",
        "resource",
        "code",
      ]),
      buckets: SECONDS,
    });
    this.#margin = new Gauge(
      named("network_quorum_margin", "Signing validators beyond the quorum", ["network"]),
    );
    this.#blockedSeconds = new Gauge(
      named("network_disruption_blocked_seconds", "Since when a change waits", ["network"]),
    );
    this.#scraped(named, sources);
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  reconciled({ controller, result, durationMs }: ReconcileSample): void {
    this.#reconciles.inc({ controller, result });
    this.#durations.observe({ controller }, durationMs / 1000);
  }

  queueDepth(controller: string, depth: number): void {
    this.#depth.set({ controller }, depth);
  }

  overdue(controller: string, count: number): void {
    this.#overdue.set({ controller }, count);
  }

  requested({ verb, resource, code, durationMs }: RequestSample): void {
    if (verb === "watch") return; // it lasts minutes by design
    this.#requests.observe({ verb, resource, code }, durationMs / 1000);
  }

  planned(network: string, { health, verdicts }: Decision): void {
    this.#margin.set({ network }, health.signing.size - health.needed);
    const nowMs = performance.now();
    if (verdicts.DisruptionBlocked.status !== "True") this.#blockedSince.delete(network);
    else if (!this.#blockedSince.has(network)) this.#blockedSince.set(network, nowMs);
    const sinceMs = this.#blockedSince.get(network) ?? nowMs;
    this.#blockedSeconds.set({ network }, (nowMs - sinceMs) / 1000);
  }

  forgotten(network: string): void {
    this.#blockedSince.delete(network);
    this.#margin.remove({ network });
    this.#blockedSeconds.remove({ network });
  }

  #scraped(named: Named, sources: ScrapeSources): void {
    this.#onScrape(
      named("watch_age_seconds", "Since a watch last heard of anything", ["kind"]),
      (gauge) => {
        for (const [kind, seconds] of sources.watchAges()) gauge.set({ kind }, seconds);
      },
    );
    this.#onScrape(named("leader", "1 while this process acts"), (gauge) =>
      gauge.set(sources.isLeader() ? 1 : 0),
    );
    this.#onScrape(named("events_dropped", "Events that were not sent"), (gauge) =>
      gauge.set(sources.eventsDropped()),
    );
  }

  #onScrape(description: ReturnType<Named>, read: (gauge: Gauge) => void): void {
    const gauge: Gauge = new Gauge({ ...description, collect: () => read(gauge) });
  }
}
