// What deletion leaves, and what it never takes: keys, genesis and claims stay; applied again the chain
// goes on; without the claims it is a new chain of the same members.

import { describe, expect, it } from "vitest";
import { NetworkHandle } from "../tools/network/network-handle.ts";
import { waitFor } from "../tools/wait-for.ts";
import { smallNetwork, useCluster } from "./setup.ts";

const WAIT_MS = 180_000;

describe("deleting a network", () => {
  const fixture = useCluster("deletion");
  const network = () => new NetworkHandle(fixture().kube, "kept");
  const selector = "timecoin.dev/network=kept";
  let genesisHash = "";
  let heightBefore = 0;
  let publicKeys: readonly string[] = [];

  const keysOfMembers = async (): Promise<readonly string[]> =>
    [...(await network().nodeStatuses()).values()].map(({ self }) => self.publicKey ?? "").sort();

  const apply = async (): Promise<void> => {
    await fixture().kube.apply(smallNetwork("kept", fixture().product));
    await network().waitForCondition("Quorate", "True", WAIT_MS);
  };

  it("removes everything but key Secrets, genesis and claims", async () => {
    await apply();
    await network().waitForHeight(5, WAIT_MS);
    publicKeys = await keysOfMembers();
    const statuses = [...(await network().nodeStatuses()).values()];
    genesisHash = statuses[0]?.genesisHash ?? "";
    heightBefore = Math.max(...statuses.map((status) => status.height));
    await network().delete();
    const { kube } = fixture();
    await waitFor("the owned objects are collected", WAIT_MS, async () => {
      const kinds = [
        "statefulsets",
        "services",
        "poddisruptionbudgets",
        "networkpolicies",
        "timecoinnodes",
      ];
      const left = (await Promise.all(kinds.map((kind) => kube.list(kind, selector)))).flat();
      return left.length === 0
        ? { done: undefined }
        : { waiting: left.map((object) => object.metadata.name).join() };
    });
    expect(await kube.list("secrets", selector)).toHaveLength(4);
    expect(await kube.list("persistentvolumeclaims", selector)).toHaveLength(4);
    expect(await kube.find("configmap", "kept-genesis")).toBeDefined();
  });

  it("goes on with the same chain when it is applied again", async () => {
    await apply();
    await network().waitForHeight(heightBefore + 1, WAIT_MS);
    for (const status of (await network().nodeStatuses()).values()) {
      expect(status.genesisHash).toBe(genesisHash);
    }
  });

  it("makes a new genesis with the same identities where all claims are gone", async () => {
    const { kube } = fixture();
    await network().delete();
    await kube.run(["delete", "persistentvolumeclaims", "-l", selector, "--wait=true"], {
      timeoutMs: WAIT_MS,
    });
    await apply();
    await network().waitForHeight(1, WAIT_MS);
    await waitFor("all four members answer", WAIT_MS, async () => {
      const count = (await network().nodeStatuses()).size;
      return count === 4 ? { done: undefined } : { waiting: `${count} answer` };
    });
    for (const status of (await network().nodeStatuses()).values()) {
      expect(status.genesisHash).not.toBe(genesisHash);
    }
    expect(await keysOfMembers()).toEqual(publicKeys);
  });
});
