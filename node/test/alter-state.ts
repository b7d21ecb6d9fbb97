// Alters the state in the chain database of a stopped node, with a checksum that fits: what a restored copy, bad
// memory or another version of the rules would leave.

import { ClassicLevel } from "classic-level";
import { HeadRecord, KEYS, seal, unseal } from "../src/adapters/level-store/records.ts";

/** One satoshi more in the fee pot than the blocks have put there. */
export async function alterState(directory: string): Promise<void> {
  const encodings = { keyEncoding: "view", valueEncoding: "view" } as const;
  const database = new ClassicLevel<Uint8Array, Uint8Array>(directory, encodings);
  const stored = await database.get(KEYS.head);
  if (stored === undefined) throw new Error("the store has a head");
  const head = HeadRecord.deserialize(unseal(KEYS.head, stored));
  const altered = HeadRecord.serialize({ ...head, feePot: head.feePot + 1n });
  await database.put(KEYS.head, seal(KEYS.head, altered), { sync: true });
  await database.close();
}
