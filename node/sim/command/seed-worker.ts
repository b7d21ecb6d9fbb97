// One thread of runJobs(): answers each batch with its result. It has the planted bug of the thread that
// started it.

import { parentPort, workerData } from "node:worker_threads";
import { plantNamed } from "../planted/plant.ts";
import type { Batch } from "./batch.ts";

const { plant } = workerData as { readonly plant: string | undefined };
plantNamed(plant);
const { runBatch } = await import("./batch.ts");
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.on("message", (batch: Batch) => parentPort?.postMessage(runBatch(batch)));
