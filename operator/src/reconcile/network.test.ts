import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Crash, OperatorBench } from "../../test/operator-bench.ts";
import type { NetworkSpecInput } from "../api/network-spec.ts";
import type { NetworkStatus } from "../api/network-status.ts";
import { KUBE_ERRORS } from "../kube/errors.ts";
import { KINDS } from "../kube/kinds.ts";

let bench: OperatorBench;

beforeEach(async () => {
  bench = await OperatorBench.start();
});
afterEach(() => bench.close());

const image = (tag: string): Partial<NetworkSpecInput> => ({
  image: { repository: "registry.example/timed", tag },
});

const statusOf = () => (bench.object("TimeCoinNetwork", "demo")?.status ?? {}) as NetworkStatus;

const reasons = () => bench.events.map(({ reason }) => reason);

/** Arguments of a member's container, as its StatefulSet or its pod has them. */
function argsOf(kind: "StatefulSet" | "Pod", name: string): readonly string[] {
  const spec: unknown = bench.object(kind, name)?.spec;
  const pod = kind === "Pod" ? PodSpec.parse(spec) : StatefulSetSpec.parse(spec).template.spec;
  return pod.containers.flatMap(({ args }) => args);
}

const PodSpec = z.object({ containers: z.array(z.object({ args: z.array(z.string()) })) });
const StatefulSetSpec = z.object({ template: z.object({ spec: PodSpec }) });

function remove(kind: keyof typeof KINDS, name: string): void {
  const row = bench.fake.table.row(KINDS[kind], "chain", name);
  if (row === undefined) throw new Error(`no ${kind} ${name}`);
  bench.fake.table.remove(row);
}

/** Whether the network came up before the write at which the operator crashes. */
async function endsWithoutCrash(): Promise<boolean> {
  try {
    await bench.converge();
    return true;
  } catch (error) {
    if (error instanceof Crash) return false;
    throw error;
  }
}

describe("a network", () => {
  it("comes up, is Ready, and another pass writes nothing", async () => {
    bench.applyNetwork();
    await bench.converge();
    expect(bench.names("Secret")).toHaveLength(4);
    expect(bench.names("StatefulSet")).toEqual([
      "demo-val-0",
      "demo-val-1",
      "demo-val-2",
      "demo-val-3",
    ]);
    expect(bench.condition("Quorate").reason).toBe("CommitsFresh");
    expect(bench.condition("Ready").status).toBe("True");
    expect(bench.condition("Progressing").reason).toBe("Complete");
    expect(statusOf().quorum).toMatchObject({ total: 4, needed: 3, signing: 4, margin: 1 });
    const secret = bench.object("Secret", "demo-val-0-keys");
    expect(secret?.["immutable"]).toBe(true);
    expect(secret?.metadata.ownerReferences).toBeUndefined();
    bench.restart();
    for (let i = 0; i < 3; i++) expect(await bench.pass()).toBe(0);
    expect(reasons()).toContain("GenesisCreated");
  });

  it("binds every member to its claim before its first pod", async () => {
    bench.applyNetwork();
    await bench.converge();
    const claim = bench.object("PersistentVolumeClaim", "demo-val-1-data");
    const node = bench.object("TimeCoinNode", "demo-val-1");
    expect(node?.status?.["claimUID"]).toBe(claim?.metadata.uid);
    expect(node?.status?.["publicKey"]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is the same after a crash at any write", async () => {
    // Two members: every kind of write, and what one member waits for of the other.
    const spec = { validators: { replicas: 2, allowNoFaultTolerance: true } };
    let crashes = 0;
    for (let ended = false; !ended; ) {
      bench.applyNetwork({ spec });
      bench.crashAt = crashes + 1;
      ended = await endsWithoutCrash();
      bench.crashAt = undefined;
      bench.restart();
      await bench.converge();
      expect(bench.condition("Ready").status).toBe("True");
      // Wherever the first operator died: every first pod begins its sign state, and no later one would.
      for (const member of ["demo-val-0", "demo-val-1"]) {
        expect(argsOf("Pod", `${member}-0`)).toContain("--init");
        expect(argsOf("StatefulSet", member)).not.toContain("--init");
      }
      expect(bench.cluster.evicted).toEqual([]);
      bench.restart();
      for (let i = 0; i < 2; i++) expect(await bench.pass()).toBe(0);
      // A key and a workload for each, wherever the first operator died.
      expect(bench.names("Secret")).toHaveLength(2);
      expect(bench.names("StatefulSet")).toHaveLength(2);
      if (!ended) crashes += 1;
      await bench.close();
      bench = await OperatorBench.start();
    }
    // Nothing is left untried: the last network needed fewer writes than it was allowed.
    expect(crashes).toBeGreaterThan(20);
  });

  it("of another class is left alone", async () => {
    bench.applyNetwork({ spec: { operatorClass: "other" } });
    expect(await bench.pass()).toBe(0);
    expect(bench.names("Secret")).toEqual([]);
  });

  it("takes over nothing that is not its own", async () => {
    const metadata = { name: "demo-rpc", namespace: "chain" };
    const spec = { selector: { app: "mine" } };
    const service = { apiVersion: "v1", kind: "Service", metadata, spec };
    await bench.createForeign("Service", service);
    bench.applyNetwork();
    await expect(bench.pass()).rejects.toThrow("is not this network's");
    expect(bench.object("Service", "demo-rpc")?.spec).toEqual(spec);
    expect(reasons()).toContain("ReconcileFailed");
  });

  it("says what to do where the API server refuses", async () => {
    bench.fake.faults.inject(
      { verb: "apply" },
      { type: "status", status: 403, reason: "Forbidden" },
    );
    bench.applyNetwork();
    await expect(bench.pass()).rejects.toMatchObject({ code: "Forbidden" });
    const failed = bench.events.find(({ reason }) => reason === "ReconcileFailed");
    expect(failed?.note).toContain(KUBE_ERRORS.Forbidden.action);
  });
});

describe("a new image", () => {
  it("rolls through all members, one at a time, a permit before each", async () => {
    bench.applyNetwork({ spec: image("1.4.0") });
    await bench.converge();
    bench.applyNetwork({ spec: image("1.5.0") });
    let most = 0;
    for (let i = 0; i < 60 && statusOf().version?.current !== "1.5.0"; i++) {
      await bench.pass();
      most = Math.max(most, (statusOf().disruptions ?? []).length);
      bench.cluster.turn();
    }
    await bench.converge();
    expect(statusOf().version).toEqual({ current: "1.5.0", target: "1.5.0" });
    expect(bench.cluster.evicted.toSorted()).toEqual([
      "demo-val-0-0",
      "demo-val-1-0",
      "demo-val-2-0",
      "demo-val-3-0",
    ]);
    expect(most).toBe(1);
    expect(statusOf().disruptions).toEqual([]);
  });

  it("that does not start stops at the first member, and a fix goes on from there", async () => {
    bench.applyNetwork({ spec: image("1.4.0") });
    await bench.converge();
    bench.cluster.brokenTags.add("bad");
    bench.applyNetwork({ spec: image("bad") });
    for (let i = 0; i < 15; i++) {
      bench.cluster.turn();
      await bench.pass();
    }
    expect(bench.cluster.evicted).toEqual(["demo-val-0-0"]);
    expect(bench.condition("DisruptionBlocked").reason).toBe("MemberCatchingUp");
    expect(bench.condition("Quorate").status).toBe("True");
    bench.applyNetwork({ spec: image("1.4.1") });
    await bench.converge();
    expect(statusOf().version?.current).toBe("1.4.1");
  });

  it("is taken up by a new operator where the old one died in the middle", async () => {
    bench.applyNetwork({ spec: image("1.4.0") });
    await bench.converge();
    bench.applyNetwork({ spec: image("1.5.0") });
    for (let i = 0; i < 40; i++) {
      bench.restart();
      bench.cluster.turn();
      await bench.pass(); // asks the nodes at its end
      await bench.pass();
    }
    await bench.converge();
    expect(statusOf().version?.current).toBe("1.5.0");
    expect(bench.cluster.evicted).toHaveLength(4);
  });
});

describe("full nodes", () => {
  const withFullNodes = (replicas: number): Partial<NetworkSpecInput> => ({
    fullNodes: [{ name: "rpc", replicas }],
  });

  it("come and go with the spec; their keys and retained claims stay", async () => {
    bench.applyNetwork({ spec: withFullNodes(2) });
    await bench.converge();
    expect(bench.names("StatefulSet")).toContain("demo-rpc-1");
    expect(bench.names("PodDisruptionBudget")).toContain("demo-full-nodes");
    expect(Object.keys(bench.object("Secret", "demo-rpc-0-keys")?.data ?? {})).toEqual([
      "node.json",
    ]);
    bench.applyNetwork({ spec: withFullNodes(0) });
    await bench.converge();
    expect(bench.names("StatefulSet")).toHaveLength(4);
    expect(bench.names("TimeCoinNode")).toHaveLength(4);
    expect(bench.names("PodDisruptionBudget")).toEqual(["demo-validators"]);
    expect(bench.names("PersistentVolumeClaim")).toContain("demo-rpc-1-data");
    expect(bench.names("Secret")).toContain("demo-rpc-1-keys");
    expect(reasons()).toContain("Removed");
  });
});

describe("a sign state", () => {
  const SIGNS_FOR = "timecoin.dev/signs-for";

  it("may be begun by the first pod of a validator only, on the claim that the genesis names", async () => {
    bench.applyNetwork();
    for (let i = 0; i < 20 && bench.names("StatefulSet").length < 4; i++) await bench.pass();
    const uid = bench.object("PersistentVolumeClaim", "demo-val-1-data")?.metadata.uid;
    const named = bench.object("ConfigMap", "demo-genesis")?.data?.["first-claims.json"] ?? "";
    expect(JSON.parse(named)).toMatchObject({ "val-1": uid });
    // No node has answered yet.
    expect(argsOf("StatefulSet", "demo-val-1")).toContain("--init");
    await bench.converge();
    const genesis = bench.object("ConfigMap", "demo-genesis")?.metadata.annotations;
    const claim = bench.object("PersistentVolumeClaim", "demo-val-1-data");
    expect(claim?.metadata.annotations?.[SIGNS_FOR]).toBe(genesis?.["timecoin.dev/genesis-hash"]);
    expect(argsOf("StatefulSet", "demo-val-1")).not.toContain("--init");
    expect(bench.cluster.evicted).toEqual([]);
    expect(bench.condition("Progressing").reason).toBe("Complete");
  });

  it("is never begun on a claim that is made again, nor twice on the first", async () => {
    bench.applyNetwork();
    await bench.converge();
    const claim = bench.object("PersistentVolumeClaim", "demo-val-2-data");
    if (claim === undefined) throw new Error("no claim");
    remove("Pod", "demo-val-2-0");
    remove("StatefulSet", "demo-val-2");
    remove("TimeCoinNode", "demo-val-2");
    await bench.converge();
    expect(argsOf("Pod", "demo-val-2-0")).not.toContain("--init");
    remove("Pod", "demo-val-2-0");
    remove("StatefulSet", "demo-val-2");
    remove("PersistentVolumeClaim", "demo-val-2-data");
    const { labels = {} } = claim.metadata;
    const metadata = { name: "demo-val-2-data", namespace: "chain", labels };
    await bench.createForeign("PersistentVolumeClaim", { ...claim, metadata });
    await bench.converge();
    expect(bench.names("StatefulSet")).toContain("demo-val-2");
    expect(argsOf("Pod", "demo-val-2-0")).not.toContain("--init");
    expect(argsOf("StatefulSet", "demo-val-2")).not.toContain("--init");
  });
});

describe("losses", () => {
  it("a deleted TimeCoinNode is made again and nobody leaves", async () => {
    bench.applyNetwork();
    await bench.converge();
    remove("TimeCoinNode", "demo-val-2");
    await bench.converge();
    expect(bench.names("TimeCoinNode")).toHaveLength(4);
    expect(bench.cluster.evicted).toEqual([]);
  });

  it("a member that has halted for good is named, once", async () => {
    bench.applyNetwork();
    await bench.converge();
    bench.cluster.halt("demo-val-2-0");
    await bench.converge();
    const conditions = bench.object("TimeCoinNode", "demo-val-2")?.status?.["conditions"];
    expect(conditions).toContainEqual(expect.objectContaining({ type: "Ready", reason: "Halted" }));
    expect(bench.condition("FaultTolerant").status).toBe("False");
    await bench.pass();
    expect(reasons().filter((reason) => reason === "Halted")).toHaveLength(1);
  });

  it("a StatefulSet deleted under its pod is made again, and the pod stays", async () => {
    bench.applyNetwork();
    await bench.converge();
    remove("StatefulSet", "demo-val-2");
    await bench.converge();
    expect(bench.names("StatefulSet")).toContain("demo-val-2");
    expect(bench.cluster.evicted).toEqual([]);
  });

  it("a lost claim is not replaced by an empty one, and a lost key is not made again", async () => {
    bench.applyNetwork();
    await bench.converge();
    remove("PersistentVolumeClaim", "demo-val-2-data");
    await bench.converge();
    expect(bench.names("PersistentVolumeClaim")).not.toContain("demo-val-2-data");
    expect(bench.condition("Accepted").reason).toBe("StateLost");
    remove("Secret", "demo-val-3-keys");
    bench.restart();
    await bench.converge();
    expect(bench.names("Secret")).not.toContain("demo-val-3-keys");
    expect(bench.condition("Accepted").reason).toBe("KeyMissing");
  });

  it("a network that comes back without any claim gets a new genesis with its old keys", async () => {
    bench.applyNetwork();
    await bench.converge();
    const genesis = bench.object("ConfigMap", "demo-genesis");
    const keys = bench.fake.table.all(KINDS.Secret).map(({ metadata }) => metadata.uid);
    for (const kind of ["StatefulSet", "Pod", "PersistentVolumeClaim", "TimeCoinNode"] as const) {
      for (const { metadata } of bench.fake.table.all(KINDS[kind])) {
        const row = bench.fake.table.row(KINDS[kind], "chain", metadata.name ?? "");
        if (row !== undefined) bench.fake.table.remove(row);
      }
    }
    bench.restart();
    await bench.converge();
    const next = bench.object("ConfigMap", "demo-genesis");
    const hash = "timecoin.dev/genesis-hash";
    expect(next?.metadata.annotations?.[hash]).not.toBe(genesis?.metadata.annotations?.[hash]);
    expect(bench.fake.table.all(KINDS.Secret).map(({ metadata }) => metadata.uid)).toEqual(keys);
    expect(reasons()).toContain("GenesisReplaced");
    expect(bench.condition("Ready").status).toBe("True");
  });
});
