/**
 * What the fake API server lacks for a whole reconcile: StatefulSets become pods, pods run and are
 * Ready, claims stay, and the nodes in the pods answer as a healthy chain does. One call of `turn` is
 * one beat of that world; nothing here knows the operator.
 */

import { toHex } from "@timecoin/node/codec/hex";
import { genesisHashOf, parseGenesis } from "@timecoin/node/genesis";
import { parse } from "yaml";
import { isJsonObject } from "../src/kube/errors.ts";
import { KINDS } from "../src/kube/kinds.ts";
import type { JsonObject, KubeObject } from "../src/kube/types.ts";
import type { NodeProbe } from "../src/reconcile/collector.ts";
import type { NodeAnswer } from "../src/reconcile/node-probe.ts";
import type { FakeApiServer } from "./fake-apiserver/server.ts";
import { NAMESPACE } from "./kube-harness.ts";

export class PretendedCluster implements NodeProbe {
  readonly #fake: FakeApiServer;
  /** Images that never start. */
  readonly brokenTags = new Set<string>();
  /** Pods evicted so far, in order. */
  readonly evicted: string[] = [];
  #height = 0;
  #addresses = 0;

  constructor(fake: FakeApiServer) {
    this.#fake = fake;
    fake.table.subscribe(({ kind, after, deleted }) => {
      if (kind.kind === "Pod" && deleted) this.evicted.push(after.metadata.name ?? "");
    });
  }

  /** One beat: every StatefulSet is observed and has its pod, and the chain grows. */
  turn(): void {
    this.#height += 1;
    for (const set of this.#fake.table.all(KINDS.StatefulSet)) {
      const generation = set.metadata.generation ?? 1;
      if (set.status?.["observedGeneration"] !== generation) {
        this.#put("StatefulSet", { ...set, status: { observedGeneration: generation } });
      }
      const name = `${set.metadata.name ?? ""}-0`;
      const row = this.#fake.table.row(KINDS.Pod, NAMESPACE, name);
      if (row === undefined) this.#startPod(set, name);
    }
  }

  async status(target: { readonly address: string }): Promise<NodeAnswer | undefined> {
    const pod = this.#podAt(target.address);
    if (pod === undefined) return undefined;
    return {
      genesisHash: this.#genesisHash(pod),
      height: this.#height,
      lastCommitAtMs: Date.now(),
      lastSignedHeight: this.#height,
      isStateLost: false,
    };
  }

  /** The daemon of a pod ends for good, as on a fork, and its container is not started again for now. */
  halt(name: string): void {
    const row = this.#fake.table.row(KINDS.Pod, NAMESPACE, name);
    if (row === undefined) throw new Error(`no pod ${name}`);
    const ended = { terminated: { exitCode: 71, reason: "Error" } };
    const waiting = { waiting: { reason: "CrashLoopBackOff" } };
    const containerStatuses = [{ state: waiting, lastState: ended }];
    this.#put("Pod", { ...row.object, status: { containerStatuses } });
  }

  async safety(): Promise<{ readonly safe: boolean; readonly reason: string }> {
    return { safe: true, reason: "" };
  }

  #startPod(set: KubeObject, name: string): void {
    const template = isJsonObject(set.spec?.["template"]) ? set.spec["template"] : {};
    const metadata = isJsonObject(template["metadata"]) ? template["metadata"] : {};
    const spec = isJsonObject(template["spec"]) ? template["spec"] : {};
    const works = !this.brokenTags.has(imageTag(spec));
    this.#addresses += 1;
    const status: JsonObject = works
      ? {
          podIP: `10.0.0.${this.#addresses}`,
          conditions: [{ type: "Ready", status: "True" }],
          containerStatuses: [{ state: { running: {} } }],
        }
      : { containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff" } } }] };
    this.#put("Pod", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        ...metadata,
        name,
        namespace: NAMESPACE,
        uid: `${name}-${this.#addresses}`,
      },
      spec: { ...spec, nodeName: `node-${this.#addresses % 7}` },
      status,
    });
  }

  #put(kind: "Pod" | "StatefulSet", object: KubeObject): void {
    const { name = "" } = object.metadata;
    const row = this.#fake.table.row(KINDS[kind], NAMESPACE, name);
    const ownership = row?.ownership ?? new Map();
    this.#fake.table.put({ kind: KINDS[kind], object, ownership });
  }

  #podAt(address: string): KubeObject | undefined {
    return this.#fake.table.all(KINDS.Pod).find((pod) => pod.status?.["podIP"] === address);
  }

  /** Of the genesis that the pod's network has: what its daemon would read at start. */
  #genesisHash(pod: KubeObject): string {
    const network = pod.metadata.labels?.["timecoin.dev/network"] ?? "";
    const row = this.#fake.table.row(KINDS.ConfigMap, NAMESPACE, `${network}-genesis`);
    const text = row?.object.data?.["genesis.json"] ?? "";
    if (!this.#hashes.has(text)) {
      const parsed = parseGenesis(parse(text));
      this.#hashes.set(text, parsed.ok ? toHex(genesisHashOf(parsed.value)) : "");
    }
    return this.#hashes.get(text) ?? "";
  }

  /** Bounded by the networks of one test. */
  readonly #hashes = new Map<string, string>();
}

function imageTag(spec: JsonObject): string {
  const [container] = Array.isArray(spec["containers"]) ? spec["containers"] : [];
  const image = isJsonObject(container) ? container["image"] : undefined;
  return typeof image === "string" ? image.slice(image.lastIndexOf(":") + 1) : "";
}
