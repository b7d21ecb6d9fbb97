// Content keys: what was made from equal inputs has an equal key, so it need not be made again.
// Keys name cache folders and label images. Pure but for `keyOfFiles`, which reads the files.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const keyLength = 16;

/** A key of named parts. The order of the names does not matter; no two part lists collide by joining. */
export function contentKey(parts: Readonly<Record<string, string | readonly string[]>>): string {
  const sorted = Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, keyLength);
}

/** A key of files by their names and bytes. `files` maps the name that counts to the path to read. */
export function keyOfFiles(files: Readonly<Record<string, string>>): string {
  const parts: Record<string, string> = {};
  for (const [name, path] of Object.entries(files)) {
    parts[name] = createHash("sha256").update(readFileSync(path)).digest("hex");
  }
  return contentKey(parts);
}
