// The ban list as a file: bans.json in the data directory. Read at start, so that a restart frees nobody.

import { z } from "zod";
import type { Clock, Log } from "../../../ports.ts";
import { MAX_BAN_REASON_CHARS, MAX_BANS } from "../../../types/bans.ts";
import { SavedFile } from "../../saved-file.ts";
import type { KeptBan } from "./ban-list.ts";

const FORMAT = "timecoin/bans/1" as const;
const MAX_BYTES = 1024 * 1024;
const WRITE_DELAY_MS = 1_000;
const MAX_STRIKES = 20;

const timeMs = z.int().min(0);
const BansSchema = z.strictObject({
  type: z.literal(FORMAT),
  bans: z
    .array(
      z.strictObject({
        target: z.string().max(64),
        sinceMs: timeMs,
        untilMs: timeMs,
        reason: z.string().max(MAX_BAN_REASON_CHARS),
        by: z.enum(["node", "operator"]),
        strikes: z.int().min(0).max(MAX_STRIKES),
      }),
    )
    .max(MAX_BANS),
});

/** The file at `path`; `kept` is asked for at each write. */
export function savedBans(
  path: string,
  kept: () => readonly KeptBan[],
  tools: { readonly clock: Clock; readonly log: Log },
): { restore(): readonly KeptBan[]; changed(): void; close(done: () => void): void } {
  const file = new SavedFile({
    ...tools,
    path,
    schema: BansSchema,
    maxBytes: MAX_BYTES,
    delayMs: WRITE_DELAY_MS,
    contents: () => ({ type: FORMAT, bans: kept().map((ban) => ({ ...ban })) }),
  });
  return {
    restore: () => file.read()?.bans ?? [],
    changed: () => file.changed(),
    close: (done) => file.close(done),
  };
}
