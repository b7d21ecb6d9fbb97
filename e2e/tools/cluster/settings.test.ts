// Settings, versions and small readers of the cluster tooling.
import { describe, expect, it } from "vitest";
import { clusterName, givenCluster } from "./cluster.ts";
import { goModOf, placeholderModules } from "./components.ts";
import { parseEngineInfo } from "./docker.ts";
import { daemonConfig, enginePackages } from "./engine.ts";
import { isGoAtLeast } from "./go-toolchain.ts";
import { parseNodes } from "./node-facts.ts";
import { areRenewed } from "./node-heartbeats.ts";
import { imageSourceSetting } from "./registry.ts";
import { fits } from "./tools.ts";

describe("settings", () => {
  it("uses a given cluster only with context and repository", () => {
    expect(givenCluster({})).toBeUndefined();
    expect(
      givenCluster({ KUBE_CONTEXT: "a", IMAGE_REPOSITORY: "r.test/x/", KUBECONFIG: "/k" }),
    ).toEqual({ context: "a", repository: "r.test/x", kubeconfigPath: "/k" });
    expect(() => givenCluster({ KUBE_CONTEXT: "a" })).toThrow(/IMAGE_REPOSITORY/);
    expect(() => givenCluster({ IMAGE_REPOSITORY: "r" })).toThrow(/KUBE_CONTEXT/);
  });

  it("accepts only names that kind and folders accept", () => {
    expect(clusterName(undefined)).toBe("timecoin");
    for (const bad of ["", "A", "-a", "../a", "a b", "a".repeat(41)]) {
      expect(() => clusterName(bad)).toThrow(/CLUSTER_SETTING/);
    }
  });

  it("knows two sources of images", () => {
    expect(imageSourceSetting("")).toBeUndefined();
    expect(imageSourceSetting("packages")).toBe("packages");
    expect(() => imageSourceSetting("both")).toThrow(/CLUSTER_IMAGES_SETTING/);
  });
});

describe("versions", () => {
  it.each([
    ["go1.26.8", "1.24", true],
    ["go1.24", "1.24", true],
    ["go1.19.8", "1.24", false],
    ["go2.0", "1.24", true],
    ["", "1.24", false],
  ])("Go %s is at least %s: %s", (found, wanted, is) => {
    expect(isGoAtLeast(found, wanted)).toBe(is);
  });

  it.each([
    ["kind", "0.33.0\n", true],
    ["kind", "0.32.0\n", false],
    ["kubectl", '{"clientVersion":{"gitVersion":"v1.35.1"}}', true],
    ["kubectl", '{"clientVersion":{"gitVersion":"v1.32.0"}}', false],
    ["kubectl", "", false],
    ["helm", "v3.22.0+g1", true],
    ["helm", "v4.0.0", false],
    ["helm", "v2.17.0", false],
  ] as const)("%s %s fits: %s", (tool, said, is) => {
    expect(fits(tool, said)).toBe(is);
  });
});

describe("readers", () => {
  it("finds the placeholder modules of a go.mod", () => {
    const goMod = [
      "module k8s.io/kubernetes",
      "require k8s.io/api v0.0.0",
      "require (",
      "\tk8s.io/client-go v0.0.0",
      "\tk8s.io/utils v0.0.0-20250604170112-4c0f3b243397",
      "\tgolang.org/x/net v0.38.0 // indirect",
      ")",
    ].join("\n");
    expect(placeholderModules(goMod)).toEqual(["k8s.io/api", "k8s.io/client-go"]);
    expect(goModOf("k8s.io/kubernetes", "v1.34.4", ["k8s.io/api"], "v0.34.4")).toContain(
      "require k8s.io/kubernetes v1.34.4\n\nreplace k8s.io/api => k8s.io/api v0.34.4\n",
    );
  });

  it("takes an engine without a server version for none", () => {
    expect(parseEngineInfo('{"ServerVersion":"","ServerErrors":["x"]}')).toBeUndefined();
    const said =
      '{"ServerVersion":"20.10","Driver":"overlay2","DockerRootDir":"/d","OperatingSystem":"D"}';
    expect(parseEngineInfo(said)).toEqual({
      serverVersion: "20.10",
      storageDriver: "overlay2",
      dataRoot: "/d",
      os: "D",
    });
  });

  it("installs the engine's command line where Debian split it off", () => {
    const common = ["docker.io", "iptables", "runc"];
    expect(enginePackages('ID=debian\nVERSION_ID="12"\n')).toEqual(common);
    expect(enginePackages('ID=debian\nVERSION_ID="13"\n')).toEqual([...common, "docker-cli"]);
    expect(enginePackages('VERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n')).toEqual(common);
  });

  it("names the wrapper to the engine only where there is one", () => {
    expect(daemonConfig("/d", "/p", undefined)).not.toHaveProperty("default-runtime");
    expect(daemonConfig("/d", "/p", "/w")).toMatchObject({
      "data-root": "/d",
      runtimes: { "timecoin-runc": { path: "/w" } },
      "default-runtime": "timecoin-runc",
    });
  });

  it("takes nodes for alive only once all renewed their leases", () => {
    const since = new Date("2026-01-01T00:00:10Z");
    const late = "2026-01-01T00:00:10.000001Z 2026-01-01T00:00:12.500000Z";
    expect(areRenewed("2026-01-01T00:00:11.000000Z 2026-01-01T00:00:12.500000Z", since, 2)).toBe(
      true,
    );
    expect(areRenewed(`${late} 2026-01-01T00:00:01.000000Z`, since, 3)).toBe(false);
    expect(areRenewed("2026-01-01T00:00:11.000000Z", since, 2)).toBe(false);
    expect(areRenewed("", since, 1)).toBe(false);
  });

  it("reads nodes, also those that just appeared", () => {
    const items = [
      { metadata: { name: "new" } },
      {
        metadata: { name: "old" },
        spec: { podCIDR: "10.244.0.0/23" },
        status: {
          addresses: [
            { type: "Hostname", address: "old" },
            { type: "InternalIP", address: "172.18.0.2" },
          ],
          conditions: [{ type: "Ready", status: "True" }],
        },
      },
    ];
    expect(parseNodes(JSON.stringify({ items }))).toEqual([
      { name: "new", address: "", podCidr: "", isReady: false },
      { name: "old", address: "172.18.0.2", podCidr: "10.244.0.0/23", isReady: true },
    ]);
  });
});
