import { describe, expect, it, vi } from "vitest";
import { FakeApiServer } from "../../test/fake-apiserver/server.ts";
import { clientOf, configMap, NAMESPACE, network, silent } from "../../test/kube-harness.ts";
import { systemClock } from "./clock.ts";
import { Controller } from "./controller.ts";
import { KINDS } from "./kinds.ts";
import { Reflector } from "./reflector.ts";
import { keyOf, ObjectStore } from "./store.ts";

describe("Controller, Reflector and client together", () => {
  it("brings children in line with their owners through conflicts, resets and expired watches", async () => {
    const fake = await FakeApiServer.start();
    const stop = new AbortController();
    const http = clientOf(fake, { ratePerSecond: 10_000, burst: 10_000 });
    const reflect = (kind: (typeof KINDS)["ConfigMap" | "TimeCoinNetwork"]) =>
      new Reflector({
        http,
        scope: { kind, namespace: NAMESPACE },
        store: new ObjectStore(),
        clock: systemClock,
        random: Math.random,
        logger: silent,
        timings: { backoffBaseMs: 1, backoffMaxMs: 5 },
      });
    const networks = reflect(KINDS.TimeCoinNetwork);
    const children = reflect(KINDS.ConfigMap);
    const controller = new Controller({
      name: "children",
      sources: [networks, children].map((reflector) => ({
        reflector,
        keysOf: (given) => [keyOf(given)],
      })),
      reconcile: async (key, { signal }) => {
        const owner = networks.store.get(key);
        const child = children.store.get(key);
        const data = { replicas: String(owner?.spec?.["replicas"]) };
        if (owner === undefined) return {};
        const { name = "" } = owner.metadata;
        if (child === undefined)
          await http.create(KINDS.ConfigMap, configMap(name, { data }), { signal });
        else if (child.data?.["replicas"] !== data.replicas) {
          await http.replace(KINDS.ConfigMap, { ...child, data }, { signal });
        }
        return {};
      },
      clock: systemClock,
      random: Math.random,
      logger: silent,
    });
    const done = Promise.all([
      networks.run(stop.signal),
      children.run(stop.signal),
      controller.run(stop.signal),
    ]);
    fake.faults.inject(
      { verb: "replace", times: 2 },
      { type: "status", status: 409, reason: "Conflict" },
    );
    fake.faults.inject(
      { verb: "replace" },
      { type: "status", status: 500, reason: "InternalError" },
    );
    for (const name of ["a", "b", "c"]) {
      await clientOf(fake).create(KINDS.TimeCoinNetwork, network(name, { replicas: 4 }));
    }
    const replicasOf = () =>
      fake.table.all(KINDS.ConfigMap).map((child) => child.data?.["replicas"]);
    await vi.waitFor(() => expect(replicasOf()).toEqual(["4", "4", "4"]), { timeout: 60_000 });
    for (const watch of fake.watches) watch.reset();
    fake.compact();
    const ref = { kind: KINDS.TimeCoinNetwork, namespace: NAMESPACE, name: "b" };
    await clientOf(fake).mergePatch(ref, { spec: { replicas: 7 } });
    await vi.waitFor(() => expect(replicasOf()).toEqual(["4", "7", "4"]), { timeout: 60_000 });
    stop.abort();
    await done;
    await fake.close();
  });
});
