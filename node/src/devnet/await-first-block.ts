// Waits until every node of a devnet has committed a block, by asking its /status. What is awaited is
// a condition: the pause between two looks only keeps the machine free.

import { setTimeout as pause } from "node:timers/promises";
import { NodeStatusSchema } from "../ops/status-schema.ts";
import { CodedError } from "../types/errors.ts";
import { type NodePlan, opsUrlOf } from "./devnet-plan.ts";

const LOOK_MS = 50;
const ANSWER_MS = 2_000;

/** Height of a node, or why it is not known. */
async function heightOf(node: NodePlan, stop: AbortSignal): Promise<number | string> {
  try {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(ANSWER_MS)]);
    const response = await fetch(`${opsUrlOf(node)}/status`, { signal });
    const status = NodeStatusSchema.safeParse(await response.json());
    return status.success ? status.data.height : "its /status is not understood";
  } catch {
    return "does not answer /status";
  }
}

/**
 * Resolves once every node is at height 1 or above, or `stop` is aborted.
 * @throws CodedError DEVNET_NO_BLOCK after `timeoutMs`, naming the nodes that lag.
 */
export async function awaitFirstBlock(
  nodes: readonly NodePlan[],
  timeoutMs: number,
  stop: AbortSignal,
): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs);
  let waiting = [...nodes];
  for (;;) {
    const heights = await Promise.all(waiting.map((node) => heightOf(node, stop)));
    const lagging = waiting.filter((_, i) => typeof heights[i] === "string" || heights[i] === 0);
    if (lagging.length === 0 || stop.aborted) return;
    if (timeout.aborted) {
      const first = lagging[0];
      const height = heights[waiting.findIndex((node) => node === first)];
      const reason = typeof height === "string" ? height : "is at height 0";
      throw new CodedError(
        "DEVNET_NO_BLOCK",
        `${lagging.length} of ${nodes.length} nodes have no block after ${timeoutMs} ms; ` +
          `${first?.name ?? "one"} ${reason}`,
      );
    }
    waiting = lagging;
    await pause(LOOK_MS);
  }
}
