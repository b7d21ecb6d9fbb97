// node node/bench/frame-costs.ts: what it takes to read each type of frame, small and large, beside what the
// work budget charges for it (codec/frame-costs.ts). The charge covers the link and the handling, too.

import { frameCostMs } from "../src/codec/frame-costs.ts";
import { decodeFrame, encodeFrame, type Message } from "../src/codec/frames.ts";
import type { Transaction } from "../src/types/chain.ts";
import { MAX_SYNC_BLOCKS, MAX_TX_IDS } from "../src/types/limits.ts";
import { BLOCK, CERTIFICATE, MESSAGES, TRANSACTION } from "../test/sample-messages.ts";
import { cpuUsOf, rounded } from "./costs/stopwatch.ts";

const witnessIds = Array.from({ length: MAX_TX_IDS }, (_, i) => new Uint8Array(32).fill(i % 256));
const transactions: Transaction[] = Array.from({ length: MAX_TX_IDS }, () => TRANSACTION);
const full = { ...BLOCK, transactions: transactions.slice(0, 50) };
const blocks = Array.from({ length: MAX_SYNC_BLOCKS }, () => ({
  block: full,
  certificate: CERTIFICATE,
}));

const LARGE: readonly Message[] = [
  { type: "txIds", witnessIds },
  { type: "getTxs", witnessIds },
  { type: "txs", transactions },
  { type: "blocks", requestId: 1, blocks },
];

for (const message of [...(Object.values(MESSAGES) as Message[]), ...LARGE]) {
  const frame = encodeFrame(message);
  const count = Math.max(5, Math.min(2_000, Math.round(400_000 / frame.length)));
  const readUs = rounded(await cpuUsOf(count, () => decodeFrame(frame)));
  const chargedUs = rounded(frameCostMs(frame) * 1_000);
  console.log(`${message.type}, ${frame.length} bytes: read ${readUs} µs, charged ${chargedUs} µs`);
}
