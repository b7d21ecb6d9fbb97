// One thread of runJobs(): answers each batch with its result.

import { parentPort } from "node:worker_threads";
import { type Batch, runBatch } from "./batch.ts";

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.on("message", (batch: Batch) => parentPort?.postMessage(runBatch(batch)));
