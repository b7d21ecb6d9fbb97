// From apply to a chain that commits, crashes that do not stop it, full nodes that join without a
// restart of any member, and a transaction that becomes final.

import { describe, expect, it } from "vitest";
import { Faucet } from "../tools/network/faucet.ts";
import { KubeAccess, type KubeJson } from "../tools/network/kube-access.ts";
import { NetworkHandle } from "../tools/network/network-handle.ts";
import { OPERATOR_NAMESPACE } from "../tools/network/operator-release.ts";
import { killPodProcesses } from "../tools/network/pod-processes.ts";
import { waitFor } from "../tools/wait-for.ts";
import { smallNetwork, useCluster } from "./setup.ts";

const NAMESPACE = "life";
const QUORATE_MS = 180_000;

interface ContainerStatus {
  readonly restartCount: number;
}

/** Pod identity and restarts: what must not change when others join. */
const lives = (pods: readonly KubeJson[]): Record<string, string> =>
  Object.fromEntries(
    pods.map((pod) => {
      const { containerStatuses = [] } = pod.status as {
        containerStatuses?: readonly ContainerStatus[];
      };
      const restarts = containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
      return [pod.metadata.name, `${pod.metadata.uid}/${restarts}`];
    }),
  );

describe("a network of four validators", () => {
  const fixture = useCluster(NAMESPACE);
  const network = () => new NetworkHandle(fixture().kube, "demo");
  let faucet: Faucet;

  it("is Quorate after kubectl apply, with all four signing", async () => {
    const { kube, product } = fixture();
    faucet = await Faucet.ensure(kube, "demo");
    await kube.apply(
      smallNetwork("demo", product, {
        chain: {
          id: "demo",
          profile: "Devnet",
          genesis: { create: { allocations: faucet.allocations("1000000") } },
        },
      }),
    );
    await network().waitForCondition("Quorate", "True", QUORATE_MS);
    await network().waitForCondition("Ready", "True", QUORATE_MS);
    const statuses = await network().nodeStatuses();
    expect(statuses.size).toBe(4);
    expect(new Set([...statuses.values()].map((status) => status.genesisHash)).size).toBe(1);
  });

  it("shows in kubectl get what an SRE asks first", async () => {
    const { stdout } = await fixture().kube.run(["get", "tcn", "demo"]);
    expect(stdout.split("\n")[0]?.split(/\s{2,}/)).toEqual(
      expect.arrayContaining([
        "NAME",
        "READY",
        "QUORATE",
        "MARGIN",
        "VALIDATORS",
        "HEIGHT",
        "VERSION",
        "AGE",
      ]),
    );
  });

  it("makes a transaction final on every node", async () => {
    const to = Faucet.newAddress();
    const sent = await faucet.send(network(), to, "12.5");
    await waitFor("the receiver's balance", 30_000, async () => {
      const { amount } = await network().rpc<{ amount: string }>("getbalance", [to]);
      return Number(amount) === 12.5 ? { done: undefined } : { waiting: amount };
    });
    expect(sent.height).toBeGreaterThan(0);
  });

  it("adds three full nodes without a restart of any running pod", async () => {
    const { kube } = fixture();
    const before = lives(await network().pods());
    await kube.run([
      "patch",
      "timecoinnetworks",
      "demo",
      "--type=merge",
      "-p",
      JSON.stringify({ spec: { fullNodes: [{ name: "rpc", replicas: 3 }] } }),
    ]);
    await waitFor("seven ready nodes at one height", QUORATE_MS, async () => {
      const statuses = [...(await network().nodeStatuses()).values()];
      const following = statuses.filter(
        (status) => status.sync.state === "caughtUp" && status.height > 0,
      );
      return following.length === 7
        ? { done: undefined }
        : { waiting: `${following.length} of 7 follow` };
    });
    const after = lives(await network().pods());
    expect(Object.keys(after)).toHaveLength(7);
    expect(after).toEqual(expect.objectContaining(before));
  });

  it("goes on while a validator is killed with SIGKILL, which comes back and signs", async () => {
    const [victim] = (await network().pods()).filter((pod) => pod.metadata.name.includes("-val-2"));
    if (victim === undefined) throw new Error("there is no pod of val-2");
    const before = (await network().nodeStatus(victim.metadata.name)).height;
    await killPodProcesses(fixture().kube, victim);
    await network().waitForHeight(before + 5, 60_000);
    await waitFor("the killed validator signs again", 120_000, async () => {
      const status = await network().nodeStatus(victim.metadata.name);
      return status.self.lastSignedHeight > before
        ? { done: undefined }
        : { waiting: `signed ${status.self.lastSignedHeight}` };
    });
  });

  it("goes on while the operator is killed, which comes back and reports", async () => {
    const operator = new KubeAccess(fixture().kube.cluster, OPERATOR_NAMESPACE);
    const pods = await operator.list("pods", "app.kubernetes.io/name=timecoin-operator");
    expect(pods.length).toBeGreaterThan(0);
    const top = async () =>
      Math.max(...[...(await network().nodeStatuses()).values()].map((status) => status.height));
    const before = await top();
    for (const pod of pods) await killPodProcesses(operator, pod);
    await network().waitForHeight(before + 5, 60_000);
    await waitFor("the operator reports a later height", 180_000, async () => {
      const object = await network().object();
      const { chain } = (object?.status ?? {}) as { chain?: { height?: number } };
      return (chain?.height ?? 0) > before + 5
        ? { done: undefined }
        : { waiting: `height ${chain?.height}` };
    });
    await network().waitForCondition("Quorate", "True", 60_000);
  });
});
