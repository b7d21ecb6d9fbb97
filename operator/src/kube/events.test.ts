import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configMap, silent } from "../../test/kube-harness.ts";
import { VirtualClock } from "../../test/kube-virtual-clock.ts";
import { KubeError } from "./errors.ts";
import { EventRecorder, scrub } from "./events.ts";
import type { JsonObject, KubeObject, ObjectRef } from "./types.ts";

const regarding = configMap("demo", { metadata: { uid: "u-1", resourceVersion: "7" } });
const input = {
  regarding,
  type: "Warning",
  reason: "QuorumReserve",
  action: "Evict",
  note: "eu-2 waits: 5 of 5 needed sign",
} as const;

let clock: VirtualClock;
let created: KubeObject[];
let patches: { readonly ref: ObjectRef; readonly patch: JsonObject }[];
let failure: KubeError | undefined;
let stop: AbortController;
let recorder: EventRecorder;

const answer = async (object: KubeObject): Promise<KubeObject> => {
  if (failure !== undefined) throw failure;
  return object;
};

function recorderOf(maxPending?: number): EventRecorder {
  return new EventRecorder({
    http: {
      create: (_, event) => {
        created.push(event);
        return answer(event);
      },
      mergePatch: (ref, patch) => {
        patches.push({ ref, patch });
        return answer(regarding);
      },
    },
    clock,
    random: () => 0.5,
    logger: silent,
    controller: "timecoin.dev/operator",
    instance: "operator-0",
    ...(maxPending === undefined ? {} : { maxPending }),
  });
}

beforeEach(() => {
  clock = new VirtualClock();
  created = [];
  patches = [];
  failure = undefined;
  stop = new AbortController();
  recorder = recorderOf();
});
afterEach(() => stop.abort());

describe("EventRecorder", () => {
  it("writes every field that events.k8s.io/v1 demands", async () => {
    void recorder.run(stop.signal);
    recorder.record(input);
    await clock.advance(0);
    expect(created).toEqual([
      {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: expect.stringMatching(/^demo\.[0-9a-f]{20}$/), namespace: "chain" },
        eventTime: "2026-01-01T00:00:00.000000Z",
        type: "Warning",
        reason: "QuorumReserve",
        action: "Evict",
        note: input.note,
        reportingController: "timecoin.dev/operator",
        reportingInstance: "operator-0",
        regarding: {
          apiVersion: "v1",
          kind: "ConfigMap",
          name: "demo",
          namespace: "chain",
          uid: "u-1",
          resourceVersion: "7",
        },
      },
    ]);
  });

  it("makes one Event with a series of repetitions within ten minutes, and a new one after", async () => {
    void recorder.run(stop.signal);
    recorder.record(input);
    await clock.advance(1_000);
    recorder.record(input);
    recorder.record(input);
    await clock.advance(1_000);
    const { name } = created[0]?.metadata ?? {};
    const series = { count: 3, lastObservedTime: "2026-01-01T00:00:01.000000Z" };
    expect(patches).toEqual([
      { ref: expect.objectContaining({ namespace: "chain", name }), patch: { series } },
    ]);
    recorder.record({ ...input, note: "another note" });
    await clock.advance(600_000);
    recorder.record(input);
    await clock.advance(1_000);
    expect(created.map((event) => event["note"])).toEqual([input.note, "another note", input.note]);
  });

  it("follows a burst that came before the first was sent with its series", async () => {
    for (let count = 0; count < 4; count++) recorder.record(input);
    void recorder.run(stop.signal);
    await clock.advance(1_000);
    expect(created).toHaveLength(1);
    expect(patches.map(({ patch }) => patch["series"])).toMatchObject([{ count: 4 }]);
  });

  it("creates anew what has expired on the server", async () => {
    void recorder.run(stop.signal);
    recorder.record(input);
    await clock.advance(1_000);
    failure = new KubeError({ code: "NotFound", message: "" });
    recorder.record(input);
    await clock.advance(1_000);
    expect(created).toHaveLength(2);
    expect(recorder.dropped).toBe(1);
  });

  it("drops beyond its backlog, and never blocks or throws on a failing server", async () => {
    recorder = recorderOf(10);
    failure = new KubeError({ code: "ServerError", message: "" });
    for (let number = 0; number < 25; number++)
      recorder.record({ ...input, note: `note ${number}` });
    expect(recorder.dropped).toBe(15);
    const run = recorder.run(stop.signal);
    await clock.advance(60_000);
    expect(created).toHaveLength(10);
    expect(recorder.dropped).toBe(25);
    stop.abort();
    await clock.advance(1_000);
    await run;
  });

  it("sends a burst of 25 and then five a second", async () => {
    for (let number = 0; number < 60; number++)
      recorder.record({ ...input, note: `note ${number}` });
    void recorder.run(stop.signal);
    await clock.advance(0);
    expect(created).toHaveLength(25);
    await clock.advance(2_000);
    expect(created).toHaveLength(35);
  });

  it("sends what is pending when it is stopped", async () => {
    const run = recorder.run(stop.signal);
    await clock.advance(0);
    recorder.record(input);
    stop.abort();
    await clock.advance(1_000);
    await run;
    expect(created).toHaveLength(1);
  });

  it("keeps a note within 1,024 bytes, at a character's end", async () => {
    void recorder.run(stop.signal);
    recorder.record({ ...input, note: "é".repeat(900) });
    await clock.advance(0);
    const note = String(created[0]?.["note"]);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^é{510}…$/);
  });
});

describe("scrub", () => {
  it.each([
    ["-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY----- tail", "[removed] tail"],
    ["-----BEGIN EC PRIVATE KEY-----\ncut off", "[removed]"],
    ["Authorization: Bearer abc.def", "Authorization: Bearer [removed]"],
    ["token eyJhbGciOi.eyJzdWIi.c2ln here", "token [removed] here"],
    ["genesis 9f00 at height 12", "genesis 9f00 at height 12"],
  ])("makes %j into %j", (given, expected) => {
    expect(scrub(given)).toBe(expected);
  });
});
