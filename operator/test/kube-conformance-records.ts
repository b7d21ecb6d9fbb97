/**
 * The part of the conformance suite about the objects that the runtime itself writes: the Lease of the
 * election and Events. Declared by kube-conformance.ts.
 */
import { expect, it, vi } from "vitest";
import { systemClock } from "../src/kube/clock.ts";
import { EventRecorder } from "../src/kube/events.ts";
import { KINDS } from "../src/kube/kinds.ts";
import { LeaderElector } from "../src/kube/lease.ts";
import { configMap, PATIENCE, type Server } from "./kube-conformance-target.ts";
import { silent } from "./kube-harness.ts";

export function declareElection(server: Server): void {
  it("elects a leader by a Lease and frees it on release", async () => {
    const { http, namespace } = server();
    const stop = new AbortController();
    const started = Promise.withResolvers<void>();
    const elector = new LeaderElector({
      http,
      namespace,
      name: "conformance",
      identity: "one",
      clock: systemClock,
      random: Math.random,
      logger: silent,
      onStarted: started.resolve,
      onLost: () => undefined,
    });
    const run = elector.run(stop.signal);
    await started.promise;
    const ref = { kind: KINDS.Lease, namespace, name: "conformance" };
    const held = await http.get(ref);
    expect(held.spec).toMatchObject({ holderIdentity: "one", leaseDurationSeconds: 15 });
    expect(held.spec?.["renewTime"]).toMatch(/\.\d{6}Z$/);
    stop.abort();
    expect(await run).toBe("released");
    expect((await http.get(ref)).spec?.["holderIdentity"]).toBeUndefined();
  });
}

export function declareEvents(server: Server): void {
  it("records an Event, and its repetition as a series", async () => {
    const { http, namespace } = server();
    const regarding = await http.create(KINDS.ConfigMap, configMap(server(), "noted"));
    const stop = new AbortController();
    const recorder = new EventRecorder({
      http,
      clock: systemClock,
      random: Math.random,
      logger: silent,
      controller: "timecoin.dev/conformance",
      instance: "conformance-0",
    });
    const run = recorder.run(stop.signal);
    const input = {
      regarding,
      type: "Normal",
      reason: "Checked",
      action: "Check",
      note: "once more",
    } as const;
    const mine = async () => {
      const { items } = await http.list({ kind: KINDS.Event, namespace });
      return items.filter((item) => item["reason"] === "Checked");
    };
    recorder.record(input);
    await vi.waitFor(async () => expect(await mine()).toHaveLength(1), PATIENCE);
    recorder.record(input);
    await vi.waitFor(async () => {
      expect(await mine()).toMatchObject([{ note: "once more", series: { count: 2 } }]);
    }, PATIENCE);
    stop.abort();
    await run;
    expect(recorder.dropped).toBe(0);
  });
}
