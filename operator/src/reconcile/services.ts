/** What a reconcile works with: built once by main.ts, or in a test on the fake API server. */
import type { EventInput } from "../kube/events.ts";
import type { KubeHttp } from "../kube/http.ts";
import type { KubeObject } from "../kube/types.ts";
import type { Decision } from "../plan/plan.ts";
import type { GatherServices } from "./gather.ts";

export interface NetworkObserver {
  /** A network was planned: for metrics. */
  planned(key: string, decision: Decision): void;
  forgotten(key: string): void;
}

export interface ReconcileServices extends GatherServices {
  readonly http: KubeHttp;
  readonly events: { record(event: EventInput): void };
  readonly observer: NetworkObserver;
  readonly operatorClass: string;
  /** Bytes of a cryptographic source. */
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
}

/** The network as the API server sent it: what Events are about. */
export type NetworkObject = KubeObject;
