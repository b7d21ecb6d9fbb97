// Strangers in a process of their own: what they compute must not delay the probes of whoever measures. Started by
// startAttack, ended by its signal. Targets and names of attacks come as one JSON argument.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fromHex, toHex } from "@timecoin/node/codec/hex";
import { endWithThisProcess } from "../../child-processes.ts";
import { fromRoot } from "../../network/product-images.ts";
import { ATTACKS, type Attack, SYBIL_ATTACK } from "./attacks.ts";
import type { Target } from "./stranger.ts";

interface Order {
  readonly attacks: readonly string[];
  readonly targets: readonly (Omit<Target, "genesisHash"> & { readonly genesisHash: string })[];
}

/** Begins the attacks; the returned function ends them. */
export function startAttack(
  attacks: readonly Attack[],
  targets: readonly Target[],
): () => Promise<void> {
  if (attacks.length === 0) return async () => undefined;
  const order: Order = {
    attacks: attacks.map(({ name }) => name),
    targets: targets.map((target) => ({ ...target, genesisHash: toHex(target.genesisHash) })),
  };
  const script = fromRoot("e2e/tools/processes/strangers/attackers.ts");
  const child: ChildProcess = spawn(process.execPath, [script, JSON.stringify(order)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  endWithThisProcess(child, "SIGKILL");
  return async () => {
    const ended = child.exitCode === null ? once(child, "exit") : undefined;
    child.kill("SIGKILL");
    await ended;
  };
}

if (import.meta.main) {
  const order = JSON.parse(process.argv[2] ?? "") as Order;
  const targets = order.targets.map((target) => ({
    ...target,
    genesisHash: fromHex(target.genesisHash),
  }));
  const chosen = [...ATTACKS, SYBIL_ATTACK].filter(({ name }) => order.attacks.includes(name));
  await Promise.all(chosen.map(({ run }) => run(targets)));
}
