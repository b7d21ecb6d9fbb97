/**
 * What the tests of operator/src/kube share: a client for the fake API server, a silent logger, small
 * objects.
 */
import { pino } from "pino";
import { type Clock, systemClock } from "../src/kube/clock.ts";
import { KubeHttp } from "../src/kube/http.ts";
import type { CallerOptions } from "../src/kube/http-caller.ts";
import type { JsonObject, KubeObject } from "../src/kube/types.ts";
import type { FakeApiServer } from "./fake-apiserver/server.ts";

export const silent = pino({ level: "silent" });
export const NAMESPACE = "chain";

/** A client with the production defaults but for what is given. */
export function clientOf(fake: FakeApiServer, options: Partial<CallerOptions> = {}): KubeHttp {
  const base = { endpoint: fake.endpoint, clock: systemClock, random: Math.random };
  return new KubeHttp({ ...base, ...options });
}

/** A clock whose waits up to ten seconds take a hundredth: retries over real sockets, deadlines untouched. */
export const hurried: Clock = {
  ...systemClock,
  after: (delayMs, callback) =>
    systemClock.after(delayMs > 10_000 ? delayMs : delayMs / 100, callback),
};

export function configMap(
  name: string,
  fields: { data?: { [key: string]: string }; metadata?: JsonObject } = {},
): KubeObject {
  const { data = { key: "value" }, metadata = {} } = fields;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: NAMESPACE, ...metadata },
    data,
  };
}

/** An object of the operator's own kind, as a user writes it. */
export function network(name: string, spec: JsonObject = {}): KubeObject {
  const metadata = { name, namespace: NAMESPACE };
  return { apiVersion: "timecoin.dev/v1alpha1", kind: "TimeCoinNetwork", metadata, spec };
}
