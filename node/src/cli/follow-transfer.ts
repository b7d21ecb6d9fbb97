// Follows a payment that was handed to a node until it is final. A node that is busy, stops or cannot be
// reached says nothing of the payment, so it is asked again until the time is over. No failure to ask
// is a failure of the payment. Called by `time-cli send`.

import { z } from "zod";
import { CodedError } from "../types/errors.ts";
import type { CliIo } from "./cli-io.ts";
import { ask, RemoteError, type RpcClient } from "./rpc-client.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const FinalPlace = z.object({ height: z.int(), blockhash: hash });
const Final = z.object({ finality: FinalPlace });
const Found = z.discriminatedUnion("status", [
  z.object({ status: z.literal("pending") }),
  z.object({ status: z.literal("final"), finality: FinalPlace }),
]);

/** One waiting call; the node allows at most two minutes. */
const WAIT_CALL_MS = 15_000;
const PAUSE_MS = 1_000;

export type FinalTransfer = z.output<typeof FinalPlace>;

/** What was learned: where it is final, else whether the node has ever shown it. */
export interface Followed {
  readonly final: FinalTransfer | undefined;
  readonly wasSeen: boolean;
}

type Seen = "unknown" | "pending" | FinalTransfer;

/** A failed question is no answer; a broken program is. */
function noAnswer(error: unknown): undefined {
  if (error instanceof CodedError || error instanceof RemoteError) return undefined;
  throw error;
}

/** Waits at the node, or looks where the node does not let it wait. */
async function askOnce(client: RpcClient, txid: string, waitMs: number): Promise<Seen> {
  const params = { txid, timeoutMs: waitMs };
  const waited = await ask(client, "waitfortransaction", params, Final).catch(noAnswer);
  if (waited !== undefined) return waited.finality;
  const found = await ask(client, "gettransaction", { txid }, Found).catch(noAnswer);
  if (found === undefined) return "unknown";
  return found.status === "final" ? found.finality : "pending";
}

/** Asks at least once, and then until `timeoutMs` are over. */
export async function followTransfer(
  client: RpcClient,
  txid: string,
  timeoutMs: number,
  { nowMs, pause }: Pick<CliIo, "nowMs" | "pause">,
): Promise<Followed> {
  const deadlineMs = nowMs() + timeoutMs;
  let wasSeen = false;
  for (;;) {
    const leftMs = Math.max(0, deadlineMs - nowMs());
    const seen = await askOnce(client, txid, Math.min(leftMs, WAIT_CALL_MS));
    if (typeof seen === "object") return { final: seen, wasSeen: true };
    wasSeen ||= seen === "pending";
    if (nowMs() >= deadlineMs) return { final: undefined, wasSeen };
    await pause(Math.min(PAUSE_MS, Math.max(0, deadlineMs - nowMs())));
  }
}
