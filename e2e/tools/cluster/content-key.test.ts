// Content keys: equal for equal parts, different for any difference.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, dictionary, oneof, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { contentKey, keyOfFiles } from "./content-key.ts";

const parts = dictionary(
  string({ maxLength: 4 }),
  oneof(string({ maxLength: 4 }), array(string({ maxLength: 4 }), { maxLength: 3 })),
  { maxKeys: 4, noNullPrototype: true },
);

describe("contentKey", () => {
  it("is 16 hexadecimal digits", () => {
    expect(contentKey({ a: "1" })).toMatch(/^[0-9a-f]{16}$/);
  });

  it("does not depend on the order of the names", () => {
    assert(
      property(parts, (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(contentKey(reversed)).toBe(contentKey(value));
      }),
    );
  });

  it("differs for parts that differ", () => {
    const canonical = (value: Record<string, unknown>) =>
      JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    assert(
      property(parts, parts, (a, b) => {
        expect(contentKey(a) === contentKey(b)).toBe(canonical(a) === canonical(b));
      }),
    );
  });

  it("keeps joined and split lists apart", () => {
    expect(contentKey({ a: ["b", "c"] })).not.toBe(contentKey({ a: ["bc"] }));
  });
});

describe("keyOfFiles", () => {
  it("follows names and bytes, not places", () => {
    const folder = mkdtempSync(join(tmpdir(), "content-key-"));
    try {
      const [one, two] = [join(folder, "one"), join(folder, "two")];
      writeFileSync(one, "same");
      writeFileSync(two, "same");
      expect(keyOfFiles({ a: one })).toBe(keyOfFiles({ a: two }));
      expect(keyOfFiles({ a: one })).not.toBe(keyOfFiles({ b: one }));
      writeFileSync(two, "other");
      expect(keyOfFiles({ a: one })).not.toBe(keyOfFiles({ a: two }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
