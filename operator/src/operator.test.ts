import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { networkObject } from "../test/facts-fixture.ts";
import { FakeApiServer } from "../test/fake-apiserver/server.ts";
import { silent } from "../test/kube-harness.ts";
import { PretendedCluster } from "../test/pretended-cluster.ts";
import { parseConfig } from "./config.ts";
import { startHttpServer } from "./http-server.ts";
import { KINDS } from "./kube/kinds.ts";
import { buildOperator } from "./operator.ts";
import { WATCHED } from "./reconcile/stores.ts";

let fake: FakeApiServer;
let cluster: PretendedCluster;

beforeEach(async () => {
  fake = await FakeApiServer.start();
  cluster = new PretendedCluster(fake);
});
afterEach(() => fake.close());

const environment = { POD_NAME: "operator-0", POD_NAMESPACE: "chain" };

const operatorOf = () =>
  buildOperator({
    config: parseConfig([], environment),
    endpoint: fake.endpoint,
    logger: silent,
    onLost: () => {
      throw new Error("lost the lease");
    },
    probe: cluster,
  });

function networkCondition(type: string): string | undefined {
  const row = fake.table.row(KINDS.TimeCoinNetwork, "chain", "demo");
  const conditions = row?.object.status?.["conditions"] as
    | { type: string; status: string }[]
    | undefined;
  return conditions?.find((each) => each.type === type)?.status;
}

describe("the whole operator", () => {
  it("takes the Lease, brings a network up, and leaves in order", async () => {
    const operator = operatorOf();
    const stop = new AbortController();
    const done = operator.run(stop.signal);
    const object = networkObject();
    const creationTimestamp = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const metadata = { ...object.metadata, creationTimestamp };
    fake.table.put({
      kind: KINDS.TimeCoinNetwork,
      object: { ...object, metadata },
      ownership: new Map(),
    });
    await expect
      .poll(
        () => {
          cluster.turn();
          return networkCondition("Ready");
        },
        { interval: 50, timeout: 60_000 },
      )
      .toBe("True");
    expect(operator.isReady()).toBe(true);
    const metrics = await operator.metrics.text();
    expect(metrics).toContain('timecoin_operator_network_quorum_margin{network="chain/demo"}');
    expect(metrics).toContain("timecoin_operator_leader 1");
    expect(metrics).toContain('timecoin_operator_watch_age_seconds{kind="Pod"}');
    stop.abort();
    await done;
    const lease = fake.table.row(KINDS.Lease, "chain", "timecoin-operator-default")?.object;
    expect(lease?.spec?.["holderIdentity"]).toBeUndefined();
    // Nothing that left the process holds a seed, but for the Secrets themselves.
    const secrets = fake.table.all(KINDS.Secret).map(({ data = {} }) => {
      const file = Buffer.from(data["node.json"] ?? "", "base64").toString();
      return (JSON.parse(file) as { seed: string }).seed;
    });
    expect(secrets).toHaveLength(4);
    const sent = fake.seen.filter(({ url }) => !url.includes("/secrets")).map(({ body }) => body);
    for (const seed of secrets) expect(sent.join("\n")).not.toContain(seed);
  });

  it("ends at once where it is told to before it leads", async () => {
    const stop = new AbortController();
    stop.abort();
    await operatorOf().run(stop.signal);
    expect(fake.table.all(KINDS.Lease)).toEqual([]);
  });
});

describe("settings", () => {
  it("come from flags before the environment", () => {
    const settings = parseConfig(["--http-port", "9000"], {});
    expect(settings).toMatchObject({
      httpPort: 9000,
      watchNamespace: undefined,
      operatorClass: "default",
      leaderElection: true,
      clusterDomain: "cluster.local",
    });
  });
});

describe("the HTTP server", () => {
  it("serves probes and metrics, and nothing else", async () => {
    let ready = false;
    const metrics = { contentType: "text/plain", text: async () => "m 1\n" };
    const server = await startHttpServer({ port: 0, isReady: () => ready, metrics });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const get = async (path: string, method = "GET") => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
      return response.status;
    };
    expect(await get("/healthz")).toBe(200);
    expect(await get("/readyz")).toBe(503);
    ready = true;
    expect(await get("/readyz")).toBe(200);
    expect(await get("/metrics")).toBe(200);
    expect(await get("/metrics", "POST")).toBe(405);
    expect(await get("/")).toBe(404);
    server.closeAllConnections();
    server.close();
  });
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

describe("the chart's rights", () => {
  const template = new URL("../../charts/timecoin-operator/templates/_names.tpl", import.meta.url);
  const text = readFileSync(template, "utf8");
  const block = /define "timecoin-operator.rules" -}}\n([\s\S]*?)\n{{- end }}/.exec(text)?.[1];
  const rules = parse(block ?? "") as Rule[];
  const verbsOf = (group: string, resource: string) =>
    rules
      .filter(
        ({ apiGroups, resources }) => apiGroups.includes(group) && resources.includes(resource),
      )
      .flatMap(({ verbs }) => verbs);

  it.each(WATCHED)("let it watch %s", (name) => {
    const { group, plural } = KINDS[name];
    expect(verbsOf(group, plural)).toEqual(expect.arrayContaining(["get", "list", "watch"]));
  });

  it("are Secrets by name only, nothing of RBAC, and no wildcard", () => {
    expect(verbsOf("", "secrets")).toEqual(["get", "create"]);
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [
      ...apiGroups,
      ...resources,
      ...verbs,
    ]);
    expect(words).not.toContain("*");
    expect(words).not.toContain("rbac.authorization.k8s.io");
    expect(verbsOf("", "pods")).not.toContain("delete");
    expect(verbsOf("timecoin.dev", "timecoinnetworks")).toEqual(["get", "list", "watch"]);
  });
});
