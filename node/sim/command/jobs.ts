// Runs batches, in this thread or over several: each thread takes the next batch when it is done with
// one. Batches come from an iterator, which may be endless: whoever runs out of time stops it.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { plantedName } from "../planted/plant.ts";
import { type Batch, type BatchResult, runBatch } from "./batch.ts";

/** Tells `done` each result, in no particular order where there are several jobs. */
export async function runJobs(
  batches: Iterator<Batch>,
  jobs: number,
  done: (result: BatchResult, batch: Batch) => void,
): Promise<void> {
  const takeAll = async (run: (batch: Batch) => BatchResult | Promise<BatchResult>) => {
    for (let next = batches.next(); next.done !== true; next = batches.next()) {
      done(await run(next.value), next.value);
    }
  };
  if (jobs === 1) return takeAll(runBatch);
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      const worker = new Worker(new URL("./seed-worker.ts", import.meta.url), {
        workerData: { plant: plantedName() },
      });
      try {
        await takeAll(async (batch) => {
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
          worker.postMessage(batch);
          // once() rejects on the worker's "error".
          const [result] = (await once(worker, "message")) as [BatchResult];
          return result;
        });
      } finally {
        await worker.terminate();
      }
    }),
  );
}
