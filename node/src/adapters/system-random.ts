// The Random port on the system's cryptographic source: key seeds, session ids, jitter.

import { randomBytes } from "node:crypto";
import type { Random } from "../ports.ts";

export const systemRandom: Random = {
  // A copy of its own: small Buffers share one pool, and whoever holds such a slice can reach the rest.
  bytes: (sizeBytes) => Uint8Array.from(randomBytes(sizeBytes)),
};
