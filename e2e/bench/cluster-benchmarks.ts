// cluster.quorate and cluster.finality: on a real cluster with the operator installed, a new network of
// four validators from apply to Quorate, and payments from sending to finality.

import { ensureCluster } from "../tools/cluster/cluster.ts";
import { Faucet } from "../tools/network/faucet.ts";
import { KubeAccess } from "../tools/network/kube-access.ts";
import { NetworkHandle } from "../tools/network/network-handle.ts";
import { installOperator } from "../tools/network/operator-release.ts";
import { quickstart } from "../tools/network/start-network.ts";
import { Progress } from "../tools/progress.ts";
import { type Benchmark, type Measurement, seconds } from "./benchmark.ts";

const QUORATE_MS = 60_000;
const FINAL_MS = 3_000;
const NAMESPACE = "bars";

/** Runs `measure` on a fresh network in a namespace of its own, removed afterwards. */
async function onFreshNetwork<T>(
  say: (line: string) => void,
  measure: (network: NetworkHandle, faucet: Faucet, quorateAfterMs: number) => Promise<T>,
): Promise<T> {
  const progress = new Progress();
  const cluster = await ensureCluster({ yes: true, progress });
  const product = await installOperator(cluster, progress);
  const kube = new KubeAccess(cluster, NAMESPACE);
  await kube.ensureNamespace();
  try {
    const faucet = await Faucet.ensure(kube, "quickstart");
    const network = new NetworkHandle(kube, "quickstart");
    say("applying a network of four validators");
    const startedMs = performance.now();
    await kube.apply(quickstart(product, faucet));
    await network.waitForCondition("Quorate", "True", 5 * QUORATE_MS);
    const quorateAfterMs = performance.now() - startedMs;
    say(`Quorate after ${seconds(quorateAfterMs)}`);
    return await measure(network, faucet, quorateAfterMs);
  } finally {
    await kube.run(["delete", "namespace", NAMESPACE, "--wait=true"], { timeoutMs: 180_000 });
  }
}

async function measureQuorate(say: (line: string) => void): Promise<Measurement> {
  return await onFreshNetwork(say, (_network, _faucet, quorateAfterMs) =>
    Promise.resolve({
      figure: seconds(quorateAfterMs),
      pass: quorateAfterMs < QUORATE_MS,
      detail: "from kubectl apply to condition Quorate, 4 validators, images on the node",
    }),
  );
}

const PAYMENTS = 10;

async function measureFinality(say: (line: string) => void): Promise<Measurement> {
  return await onFreshNetwork(say, async (network, faucet) => {
    await network.waitForCondition("Ready", "True", 5 * QUORATE_MS);
    const times: number[] = [];
    for (let i = 0; i < PAYMENTS; i++) {
      const payment = await faucet.send(network, Faucet.newAddress(), "1");
      say(`payment ${i + 1} of ${PAYMENTS} final after ${seconds(payment.finalAfterMs)}`);
      times.push(payment.finalAfterMs);
    }
    times.sort((a, b) => a - b);
    const worst = times.at(-1) ?? Number.POSITIVE_INFINITY;
    return {
      figure: `max ${seconds(worst)}`,
      pass: worst < FINAL_MS,
      detail: `${PAYMENTS} payments one after the other, median ${seconds(times[PAYMENTS / 2] ?? 0)}, through the API server's proxy`,
    };
  });
}

export const CLUSTER_BENCHMARKS: readonly Benchmark[] = [
  {
    name: "cluster.quorate",
    bar: "< 60 s",
    what: "kubectl apply of 4 validators to Quorate",
    measure: measureQuorate,
  },
  {
    name: "cluster.finality",
    bar: "< 3 s",
    what: "a payment from sending to finality",
    measure: measureFinality,
  },
];
