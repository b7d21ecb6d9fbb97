// Strangers in a process of their own: what they compute must not delay the probes of whoever measures. Started by
// startAttack, ended by its signal. The world and the names of the attacks come as one JSON argument.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fromHex, toHex } from "@timecoin/node/codec/hex";
import { endWithThisProcess } from "../../child-processes.ts";
import { fromRoot } from "../../network/product-images.ts";
import { ATTACKS, SYBIL_ATTACK } from "./attacks.ts";
import type { Attack, World } from "./stranger-links.ts";

interface Order {
  readonly attacks: readonly string[];
  readonly world: World;
}

const KEY = "hex:";
const toText = (order: Order): string =>
  JSON.stringify(order, (_, value: unknown) =>
    value instanceof Uint8Array ? KEY + toHex(value) : value,
  );
const fromText = (text: string): Order =>
  JSON.parse(text, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(KEY) ? fromHex(value.slice(KEY.length)) : value,
  ) as Order;

/** Begins the attacks; the returned function ends them. */
export function startAttack(attacks: readonly Attack[], world: World): () => Promise<void> {
  if (attacks.length === 0) return async () => undefined;
  const order = toText({ attacks: attacks.map(({ name }) => name), world });
  const script = fromRoot("e2e/tools/processes/strangers/attackers.ts");
  const child: ChildProcess = spawn(process.execPath, [script, order], {
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
  const { attacks, world } = fromText(process.argv[2] ?? "");
  const chosen = [...ATTACKS, SYBIL_ATTACK].filter(({ name }) => attacks.includes(name));
  await Promise.all(chosen.map(({ run }) => run(world)));
}
