// What `npm start` does on a ready cluster: images, CRDs, operator, the quickstart network, one
// transaction, and what to do next. Every step may be run again: what is there is kept.

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Cluster } from "../cluster/cluster.ts";
import { formatElapsed, type Progress } from "../progress.ts";
import { Faucet } from "./faucet.ts";
import { KubeAccess } from "./kube-access.ts";
import { NetworkHandle, RPC_PORT } from "./network-handle.ts";
import { type InstalledProduct, installOperator } from "./operator-release.ts";
import { fromRoot } from "./product-images.ts";

export const QUICKSTART_NAMESPACE = "timecoin";
const QUORATE_MS = 180_000;
const ALLOCATION = "1000000";

interface QuickstartSpec {
  metadata: { name: string };
  spec: {
    image: object;
    chain: { genesis?: { create?: { allocations?: unknown } } };
  };
}

/** The network of e2e/networks/quickstart.yaml, with this build's image and a funded faucet. */
export function quickstart(product: InstalledProduct, faucet: Faucet): QuickstartSpec {
  const object = parse(
    readFileSync(fromRoot("e2e/networks/quickstart.yaml"), "utf8"),
  ) as QuickstartSpec;
  const create = {
    ...object.spec.chain.genesis?.create,
    allocations: faucet.allocations(ALLOCATION),
  };
  object.spec.image = { ...object.spec.image, ...product };
  object.spec.chain.genesis = { ...object.spec.chain.genesis, create };
  return object;
}

/** Starts the quickstart network, or finds it running, and shows that it works. */
export async function startNetwork(cluster: Cluster, progress: Progress): Promise<void> {
  const product = await installOperator(cluster, progress);
  const kube = new KubeAccess(cluster, QUICKSTART_NAMESPACE);
  await kube.ensureNamespace();
  const name = "quickstart";
  const faucet = await Faucet.ensure(kube, name);
  const network = new NetworkHandle(kube, name);
  await progress.step("network", `applying e2e/networks/quickstart.yaml`, async () => {
    const made = quickstart(product, faucet);
    // A chain cannot be changed: a network that an earlier version started keeps its own.
    const { chain = made.spec.chain } = (await kube.find("tcn", name))?.spec ?? {};
    await kube.apply({ ...made, spec: { ...made.spec, chain } });
  });
  await progress.step("network", "waiting until it is Quorate", async () => {
    await network.waitForCondition("Quorate", "True", QUORATE_MS);
    await network.waitForCondition("Ready", "True", QUORATE_MS);
  });
  await progress.step("network", "waiting until all members run this build", async () => {
    await network.waitForCondition("Progressing", "False", QUORATE_MS);
  });
  await progress.step("network", "sending 1 TIME and waiting for finality", async () => {
    const payment = await faucet.send(network, Faucet.newAddress(), "1");
    progress.say(
      "network",
      `transaction ${payment.txid} is final in block ${payment.height}, ${formatElapsed(payment.finalAfterMs)} after it was sent`,
    );
  });
  const { stdout } = await kube.run(["get", "tcn"]);
  console.log(`\n${stdout.trimEnd()}\n`);
  console.log(nextSteps(cluster, name));
}

function nextSteps(cluster: Cluster, name: string): string {
  const kubectl = `${cluster.kubectlPath} --kubeconfig ${cluster.kubeconfigPath} --context ${cluster.context} -n ${QUICKSTART_NAMESPACE}`;
  return [
    "What to do next (k is short for the cluster's own kubectl):",
    `  alias k='${kubectl}'`,
    "  k get tcn,tcnode,pods                        the network, its members, their pods",
    `  k describe tcn ${name}                   conditions and events: what it does and why it waits`,
    `  k port-forward svc/${name}-rpc ${RPC_PORT}       then: npm run -s time-cli -- get-blockchain-info`,
    `  k patch tcn ${name} --type=merge -p '{"spec":{"fullNodes":[{"name":"rpc","replicas":2}]}}'`,
    "  npm run down                                 removes all that npm start made",
  ].join("\n");
}
