// Who is faulty in a timed run, and what stands between such a node and its links: f validators, the most
// that the protocol bears, placed by the seed or one after the other in the order of leaders. Called by
// run.ts.

import { faultyPower } from "../../src/crypto/certificate.ts";
import { leadersOf } from "../../src/ledger/validator-state.ts";
import type { Transport } from "../../src/ports.ts";
import { BEHAVIOURS } from "../faults/behaviours.ts";
import { CulpritAdapter } from "../faults/culprit.ts";
import { Plot } from "../faults/plot.ts";
import type { Rng } from "../world/rng.ts";
import { Collusion } from "./collusion.ts";
import { type TimedWorld, timedChain } from "./network.ts";

/**
 * silent: the f say nothing of consensus. equivocating: they are honest until one of them leads; then its
 * two blocks go to two halves of the honest, and all f vote on both sides (collusion.ts).
 */
export type Adversary = "none" | "silent" | "equivocating";

/** Where the f stand in the order of leaders: drawn by the seed, or in a row. */
export type AdversaryPlace = "drawn" | "row";

export interface AdversaryOptions {
  readonly nodes: number;
  readonly adversary: Adversary;
  readonly placement: AdversaryPlace;
  readonly warmUpHeights: number;
  readonly minBlockMs: number;
  readonly emptyBlockIntervalMs: number;
}

export function adversaryOf(options: AdversaryOptions, rng: Rng) {
  const { adversary, nodes } = options;
  const indices = adversary === "none" ? [] : indicesOf(options, rng);
  const collusion = new Collusion({ nodes, indices, afterHeight: options.warmUpHeights }, rng);
  return {
    indices: new Set(indices),
    corrupt(index: number, { chain, time, reader }: TimedWorld) {
      if (!indices.includes(index)) return undefined;
      const behaviour = adversary === "silent" ? BEHAVIOURS.silent : collusion.behaviour;
      const culprit = new CulpritAdapter([behaviour], {
        chain,
        index,
        time,
        reader,
        rng,
        plot: new Plot(nodes, indices, rng),
        dueMs: () => 0,
        voted: () => undefined,
      });
      return (transport: Transport) => culprit.corrupt(transport);
    },
  };

  function indicesOf({ placement }: AdversaryOptions, chance: Rng): readonly number[] {
    const order = [...leadersOf(timedChain(nodes, options).state.head.validatorState, 1)];
    if (placement === "drawn") shuffle(order, chance);
    return order.slice(0, faultyPower(nodes));
  }
}

function shuffle(order: number[], rng: Rng): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    const [a, b] = [order[i] ?? i, order[j] ?? j];
    order[i] = b;
    order[j] = a;
  }
}
