// The charts as their users meet them: they lint, the network chart renders what the API server takes,
// and the operator that they install lacks the rights that would be dangerous.

import { describe, expect, it } from "vitest";
import { OPERATOR_NAMESPACE } from "../tools/network/operator-release.ts";
import { fromRoot } from "../tools/network/product-images.ts";
import { run } from "../tools/run-command.ts";
import { useCluster } from "./setup.ts";

const NAMESPACE = "charts";

describe("the charts", () => {
  const fixture = useCluster(NAMESPACE);
  const helm = async (...args: string[]): Promise<string> =>
    (await run(fixture().kube.cluster.helmPath, args, { timeoutMs: 60_000 })).stdout;
  /** Rendering asks no cluster, so it must be told for which version. */
  const template = async (chart: string, ...args: string[]): Promise<string> =>
    await helm(
      "template",
      "rendered",
      fromRoot("charts", chart),
      "--namespace",
      NAMESPACE,
      "--kube-version",
      "1.34.0",
      ...args,
    );

  it.each(["timecoin-crds", "timecoin-operator", "timecoin-network"])("%s lints", async (chart) => {
    const output = await helm("lint", "--strict", fromRoot("charts", chart));
    expect(output).toContain("0 chart(s) failed");
  });

  it("timecoin-network renders a network that the API server takes", async () => {
    const { kube, product } = fixture();
    const image = `spec.image.repository=${product.repository},spec.image.tag=${product.tag}`;
    const rendered = await template("timecoin-network", "--set-string", image);
    const { stdout } = await kube.run(
      ["apply", "--server-side", "--validate=strict", "--dry-run=server", "-f", "-"],
      { input: rendered },
    );
    expect(stdout).toContain("timecoinnetwork.timecoin.dev/");
  });

  it("keeps the CRDs when their chart is removed", async () => {
    const rendered = await template("timecoin-crds");
    const crds = rendered
      .split(/^---$/m)
      .filter((text) => text.includes("kind: CustomResourceDefinition"));
    expect(crds).toHaveLength(2);
    for (const crd of crds) expect(crd).toContain("helm.sh/resource-policy: keep");
  });

  it.each([
    ["list", "secrets"],
    ["watch", "secrets"],
    ["create", "pods/exec"],
    ["escalate", "roles"],
    ["delete", "nodes"],
  ])("gives the operator no right to %s %s", async (verb, resource) => {
    const account = `system:serviceaccount:${OPERATOR_NAMESPACE}:timecoin-operator`;
    const { stdout } = await fixture().kube.run(
      ["auth", "can-i", verb, resource, "--all-namespaces", "--as", account],
      { allowFailure: true },
    );
    expect(stdout.trim()).toBe("no");
  });
});
